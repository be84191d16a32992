// The storage account: every table and queue of the service, and the container that the code is deployed from.

@description('The name of the storage account.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('How the data is replicated.')
param sku string

@description('Whether the account is reached from the virtual network only.')
param private bool

@description('What the names of the tables begin with, in lower case.')
param tablePrefix string

@description('The name of the container of the deployed code.')
param deploymentContainer string

@description('For how many days a deleted blob or container, which is to say deployed code, can be brought back.')
param deletedBlobRetentionDays int

// The service makes what is missing when it starts. They stand here so that a deployment is whole before the code arrives.
// A test holds both lists to the names in the code.
var tables = [
  'accounts'
  'adminaudit'
  'alerts'
  'answers'
  'audit'
  'auditindex'
  'keydirectory'
  'keys'
  'mails'
  'reports'
  'state'
  'subscriptions'
  'usage'
]

var queues = [
  'alerts'
  'audit-events'
  'mail-outbox'
  'report-requests'
  'retention-steps'
  'sweep-requests'
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: private ? 'None' : 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
    // Tables and queues have keys of their own unless this is said when the account is made
    encryption: {
      keySource: 'Microsoft.Storage'
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        queue: {
          enabled: true
          keyType: 'Account'
        }
        table: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource table 'tables' = [
      for table in tables: {
        name: '${tablePrefix}${table}'
      }
    ]
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [
      for queue in queues: {
        name: queue
      }
    ]

    resource poisonQueue 'queues' = [
      for queue in queues: {
        name: '${queue}-poison'
      }
    ]
  }

  resource blobService 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: deletedBlobRetentionDays
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: deletedBlobRetentionDays
      }
    }

    resource container 'containers' = {
      name: deploymentContainer
      properties: {
        publicAccess: 'None'
      }
    }
  }
}

@description('The resource id.')
output id string = account.id

@description('The name.')
output name string = account.name

@description('The address of the blobs.')
output blobUri string = account.properties.primaryEndpoints.blob

@description('The address of the queues.')
output queueUri string = account.properties.primaryEndpoints.queue

@description('The address of the tables.')
output tableUri string = account.properties.primaryEndpoints.table
