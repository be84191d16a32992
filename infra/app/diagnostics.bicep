// What the platform itself tells of the vault, of queues and of storage, to Log Analytics.

@description('The Log Analytics workspace.')
param workspaceId string

@description('The storage account.')
param storageName string

@description('The vault.')
param vaultName string

@description('The app.')
param appName string

@description('Whether every single read and write of tables and blobs is logged as well: a line for each, which may cost more than the service.')
param storageLogs bool

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }

  resource queues 'queueServices' existing = {
    name: 'default'
  }

  resource tables 'tableServices' existing = {
    name: 'default'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

var metrics = [
  {
    category: 'Transaction'
    enabled: true
  }
]

var allStorageLogs = [
  {
    categoryGroup: 'allLogs'
    enabled: true
  }
]

resource ofVault 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'log-analytics'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

resource ofBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'log-analytics'
  scope: storage::blobs
  properties: {
    workspaceId: workspaceId
    logs: storageLogs ? allStorageLogs : []
    metrics: metrics
  }
}

resource ofTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'log-analytics'
  scope: storage::tables
  properties: {
    workspaceId: workspaceId
    logs: storageLogs ? allStorageLogs : []
    metrics: metrics
  }
}

// Writes: among them, that a message goes into a poison queue. There is no metric of a single queue.
resource ofQueues 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'log-analytics'
  scope: storage::queues
  properties: {
    workspaceId: workspaceId
    logs: storageLogs
      ? allStorageLogs
      : [
          {
            category: 'StorageWrite'
            enabled: true
          }
        ]
    metrics: metrics
  }
}

// The log of the app goes to Application Insights; this is what the platform measures of it
resource ofApp 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'log-analytics'
  scope: app
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}
