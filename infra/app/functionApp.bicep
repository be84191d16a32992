// The Functions app on the Flex Consumption plan, as its identity and with no secret in its settings.

@description('The name of the app.')
param name string

@description('The name of the plan.')
param planName string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('The resource id of the identity.')
param identityId string

@description('The client id of the identity.')
param identityClientId string

@description('The address of the blobs, with a slash at its end.')
param blobUri string

@description('The address of the queues.')
param queueUri string

@description('The address of the tables.')
param tableUri string

@description('The container of the deployed code.')
param deploymentContainer string

@description('Application Insights.')
param insightsName string

@description('The address of the vault, with a slash at its end.')
param vaultUri string

@description('MB of memory of an instance.')
param instanceMemoryMB int

@description('How many instances there are at the most.')
param maximumInstanceCount int

@description('How many requests an instance answers at once.')
param httpConcurrency int

@description('How many instances are always there for requests.')
param alwaysReadyInstances int

@description('Whether an update takes instances one batch after another.')
param rollingUpdate bool

@description('The origins whose pages may call the app from a browser.')
param corsOrigins string[]

@description('Further app settings, by name.')
param settings object

@description('App settings whose values are in the vault: by name, the name of the secret.')
param vaultSettings object

@description('The subnet that the app goes out through; empty for none.')
param subnetId string

@description('Whether the app is reached from the virtual network only.')
param private bool

@description('Whose requests alone are let in, as access restrictions; empty for everybody\'s.')
param letIn object[]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

// What may be said otherwise by "settings"
var defaults = {
  AzureWebJobsDisableHomepage: 'true'
  // A little above PROXY_MAX_BODY_BYTES, see docs/settings.md
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '50331648'
}

var references = mapValues(
  union({ ADMIN_TOKEN: 'ADMIN-TOKEN' }, vaultSettings),
  secret => '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secret})'
)

// What the rest of this deployment decides
var fixed = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: blobUri
  AzureWebJobsStorage__queueServiceUri: queueUri
  AzureWebJobsStorage__tableServiceUri: tableUri
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the app of azure.yaml by this tag
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    functionAppConfig: {
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobUri}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              {
                name: 'http'
                instanceCount: alwaysReadyInstances
              }
            ]
      }
      // Documented for API versions from 2023-12-01 on; the descriptions that the compiler checks against do not have it yet
      #disable-next-line BCP037
      siteUpdateStrategy: {
        type: rollingUpdate ? 'RollingUpdate' : 'Recreate'
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      cors: {
        allowedOrigins: corsOrigins
        supportCredentials: false
      }
      ipSecurityRestrictionsDefaultAction: empty(letIn) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: letIn
      // Code arrives with a token of Entra ID
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(defaults, mapValues(settings, value => string(value)), references, fixed)
  }

  // Nobody deploys with a password
  resource publishingByFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource publishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

@description('The resource id.')
output id string = app.id

@description('The name.')
output name string = app.name

@description('The host name.')
output hostName string = app.properties.defaultHostName
