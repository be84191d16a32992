// QuotaFunctions on Azure: docs/deploying.md leads through it. Every module stands in app/, so that this compiles without a network.
targetScope = 'subscription'

metadata name = 'QuotaFunctions'
metadata description = 'A serverless quota API on Azure Functions and Table Storage.'

// ---- what and where

@description('The name of the deployment, such as prod: the resource group is rg-<name>, and the names of all resources follow from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('The region: one with Flex Consumption, which `az functionapp list-flexconsumption-locations` lists.')
@minLength(1)
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Tags of every resource, beside those that azd needs.')
param tags object = {}

// ---- secrets

@description('ADMIN_TOKEN, which may do everything on the management routes: at least 16 characters, better 32 random ones. It goes into the vault. Needed the first time; empty leaves the one that is there.')
@secure()
param adminToken string = ''

@description('Who may read and write the secrets of the vault: the object id of a user, group or service principal. The default is who deploys; empty is nobody.')
param operatorPrincipalId string = deployer().objectId

@description('What the operator is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('Whether nobody, not even an owner, can delete the vault or a secret for good within the days of vaultRetentionDays. Once true it stays so.')
param vaultPurgeProtection bool = true

@description('For how many days a deleted vault or secret can be brought back. It cannot be changed later.')
@minValue(7)
@maxValue(90)
param vaultRetentionDays int = 7

@description('Whether the deleted vault of this deployment is brought back, with its secrets: for a deployment again after a deletion.')
param recoverVault bool = false

// ---- the service

@description('Further app settings by name, as in docs/settings.md, such as {"Providers__openai__BaseUrl": "https://api.openai.com/v1"}. No secrets.')
param settings object = {}

@description('App settings whose values are in the vault: by name, the name of their secret, such as {"Providers__openai__ApiKey": "openai-key"}.')
param vaultSettings object = {}

@description('TABLE_PREFIX: what the names of the tables begin with; letters and digits, a letter first.')
@maxLength(20)
param tablePrefix string = ''

@description('The origins whose pages may call the service from a browser, such as https://app.example.com. None by default.')
@maxLength(50)
param corsOrigins string[] = []

@description('CLIENT_ADDRESS_HEADER: the header in which whatever you put in front sends the client\'s address. Nobody may be able to come past it. With exposure frontDoor and apiManagement it is set by itself.')
@maxLength(100)
param clientAddressHeader string = ''

// ---- its size

@description('MB of memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances there are at the most: a ceiling of costs.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('How many requests an instance answers at once before another is started. Streams wait more than they work: a high number is right.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 100

@description('How many instances are always there, so that no request waits for a start. They cost when idle; 0 costs nothing.')
@minValue(0)
@maxValue(100)
param alwaysReadyInstances int = 0

@description('Whether an update lets requests end, batch by batch (a preview of Azure), instead of ending all instances at once. It holds from the update after the one that turns it on.')
param rollingUpdate bool = false

@description('How the data is replicated: within a data centre, over zones, or to another region.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param storageSku string = 'Standard_ZRS'

@description('For how many days deleted or replaced code can be brought back.')
@minValue(1)
@maxValue(365)
param deletedBlobRetentionDays int = 7

// ---- who reaches what

@description('Who reaches the service: public, everybody; frontDoor or apiManagement, everybody, through an Azure Front Door or an API Management alone; private, the virtual network alone.')
@allowed(['public', 'frontDoor', 'apiManagement', 'private'])
param exposure string = 'public'

@description('Whom API Management sends mails to, and names as its owner. Needed with exposure apiManagement; the default is the first of alertEmails.')
@maxLength(100)
param apiManagementEmail string = empty(alertEmails) ? '' : alertEmails[0]

@description('Whether storage and vault are reached from a virtual network alone, by private endpoints. With exposure private they always are.')
param privateNetwork bool = false

@description('The address space of the virtual network: a /24 or larger.')
@minLength(9)
@maxLength(18)
param networkAddressSpace string = '10.40.0.0/24'

// ---- watching it

@description('The mail addresses that alerts go to.')
@maxLength(20)
param alertEmails string[] = []

@description('The per cent of answers that may be 5xx, over 15 minutes.')
@minValue(1)
@maxValue(100)
param alertErrorPercent int = 5

@description('The milliseconds that a decision may take on average, over 15 minutes.')
@minValue(10)
@maxValue(10000)
param alertDecisionMilliseconds int = 500

@description('For how many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('How many GB of logs a day are taken at the most: a ceiling of costs. What is beyond is lost.')
@minValue(1)
@maxValue(1000)
param logDailyCapGb int = 1

@description('Whether every single read and write of storage is logged: a line for each, which may cost more than the service.')
param storageLogs bool = false

// ---- names

var token = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName })
var appName = 'func-quota-${token}'
var storageName = 'stquota${token}'
var vaultName = 'kv-quota-${token}'
var endpointName = 'quota-${token}'
var deploymentContainer = 'app-package'

var isPrivate = privateNetwork || exposure == 'private'
var isFrontDoor = exposure == 'frontDoor'
var isApiManagement = exposure == 'apiManagement'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: allTags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-quota-${token}'
    location: location
    tags: allTags
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: storageName
    location: location
    tags: allTags
    sku: storageSku
    private: isPrivate
    tablePrefix: toLower(tablePrefix)
    deploymentContainer: deploymentContainer
    deletedBlobRetentionDays: deletedBlobRetentionDays
  }
}

module vault 'app/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: vaultName
    location: location
    tags: allTags
    private: isPrivate
    softDeleteRetentionDays: vaultRetentionDays
    purgeProtection: vaultPurgeProtection
    recover: recoverVault
    adminToken: adminToken
  }
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-quota-${token}'
    insightsName: 'appi-quota-${token}'
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyCapGb: logDailyCapGb
  }
}

module roles 'app/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    insightsName: monitoring.outputs.insightsName
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
  }
}

module network 'app/network.bicep' = if (isPrivate) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-quota-${token}'
    location: location
    tags: allTags
    addressSpace: networkAddressSpace
  }
}

var storageSuffix = environment().suffixes.storage
var endpoints = [
  {
    service: 'blob'
    zone: 'privatelink.blob.${storageSuffix}'
  }
  {
    service: 'queue'
    zone: 'privatelink.queue.${storageSuffix}'
  }
  {
    service: 'table'
    zone: 'privatelink.table.${storageSuffix}'
  }
  {
    service: 'vault'
    zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  }
]

module privateEndpoints 'app/privateEndpoint.bicep' = [
  for endpoint in endpoints: if (isPrivate) {
    name: 'endpoint-${endpoint.service}'
    scope: group
    params: {
      name: 'pe-${endpoint.service}-${token}'
      location: location
      tags: allTags
      resourceId: endpoint.service == 'vault' ? vault.outputs.id : storage.outputs.id
      groupId: endpoint.service
      zoneName: endpoint.zone
      networkId: network!.outputs.id
      subnetId: network!.outputs.endpointsSubnetId
    }
  }
]

module frontDoor 'app/frontDoor.bicep' = if (isFrontDoor) {
  name: 'front-door'
  scope: group
  params: {
    name: 'afd-quota-${token}'
    endpointName: endpointName
    tags: allTags
  }
}

module apiManagement 'app/apiManagement.bicep' = if (isApiManagement) {
  name: 'api-management'
  scope: group
  params: {
    name: 'apim-quota-${token}'
    location: location
    tags: allTags
    publisherEmail: apiManagementEmail
  }
}

// What stands in front: its host name, the header in which it sends the client's address, and how the app knows it.
// Front Door's is the socket's address: X-Azure-ClientIP is what the client says in X-Forwarded-For.
var gatewayHostName = isFrontDoor ? frontDoor!.outputs.hostName : isApiManagement ? apiManagement!.outputs.hostName : ''
var addressHeader = isFrontDoor ? 'X-Azure-SocketIP' : isApiManagement ? 'X-Client-Address' : clientAddressHeader
var letIn = isFrontDoor
  ? [
      {
        name: 'front-door'
        description: 'This Front Door, and not that of somebody else'
        priority: 100
        action: 'Allow'
        tag: 'ServiceTag'
        ipAddress: 'AzureFrontDoor.Backend'
        headers: {
          'x-azure-fdid': [frontDoor!.outputs.frontDoorId]
        }
      }
    ]
  : isApiManagement
      ? [
          {
            name: 'api-management'
            description: 'This API Management'
            priority: 100
            action: 'Allow'
            ipAddress: '${apiManagement!.outputs.outboundAddress}/32'
          }
        ]
      : []

module app 'app/functionApp.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: appName
    planName: 'plan-quota-${token}'
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    blobUri: storage.outputs.blobUri
    queueUri: storage.outputs.queueUri
    tableUri: storage.outputs.tableUri
    deploymentContainer: deploymentContainer
    insightsName: monitoring.outputs.insightsName
    vaultUri: vault.outputs.uri
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    alwaysReadyInstances: alwaysReadyInstances
    rollingUpdate: rollingUpdate
    corsOrigins: corsOrigins
    settings: union(
      empty(tablePrefix) ? {} : { TABLE_PREFIX: tablePrefix },
      empty(addressHeader) ? {} : { CLIENT_ADDRESS_HEADER: addressHeader },
      isFrontDoor || isApiManagement ? { PUBLIC_URL: 'https://${gatewayHostName}' } : {},
      settings
    )
    vaultSettings: vaultSettings
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    private: exposure == 'private'
    letIn: letIn
  }
  // It starts with all that it may do, and with a way to what is private
  dependsOn: [
    roles
    privateEndpoints
  ]
}

module appEndpoint 'app/privateEndpoint.bicep' = if (exposure == 'private') {
  name: 'endpoint-app'
  scope: group
  params: {
    name: 'pe-app-${token}'
    location: location
    tags: allTags
    resourceId: app.outputs.id
    groupId: 'sites'
    zoneName: 'privatelink.azurewebsites.net'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointsSubnetId
  }
}

module frontDoorRoute 'app/frontDoorRoute.bicep' = if (isFrontDoor) {
  name: 'front-door-route'
  scope: group
  params: {
    profileName: frontDoor!.outputs.name
    endpointName: endpointName
    originHostName: app.outputs.hostName
  }
}

module apiManagementApi 'app/apiManagementApi.bicep' = if (isApiManagement) {
  name: 'api-management-api'
  scope: group
  params: {
    serviceName: apiManagement!.outputs.name
    appHostName: app.outputs.hostName
  }
}

module diagnostics 'app/diagnostics.bicep' = {
  name: 'diagnostics'
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    appName: app.outputs.name
    storageLogs: storageLogs
  }
}

module alerts 'app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    namePrefix: 'alert-quota-${token}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    emails: alertEmails
    errorPercent: alertErrorPercent
    decisionMilliseconds: alertDecisionMilliseconds
  }
}

var hostName = isFrontDoor || isApiManagement ? gatewayHostName : app.outputs.hostName

@description('The region.')
output AZURE_LOCATION string = location

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The app, for a deployment of code.')
output AZURE_FUNCTION_APP_NAME string = app.outputs.name

@description('The vault, for secrets.')
output AZURE_KEY_VAULT_NAME string = vault.outputs.name

@description('The address of the service.')
output SERVICE_URL string = 'https://${hostName}'

@description('What to do next.')
output NEXT_STEPS string[] = [
  'Code:   scripts/deploy.sh --name ${environmentName} --location ${location} --code-only${exposure == 'private' ? ', from within the virtual network' : ''}'
  'Health: curl https://${hostName}/health'
  'Token:  az keyvault secret show --vault-name ${vault.outputs.name} --name ADMIN-TOKEN --query value --output tsv'
  'Alerts: ${empty(alertEmails) ? 'nobody is told: set alertEmails' : 'go to ${length(alertEmails)} addresses'}'
]
