// Log Analytics, and Application Insights upon it, each with a cap on what a day may bring.

@description('The name of the Log Analytics workspace.')
param workspaceName string

@description('The name of Application Insights.')
param insightsName string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('For how many days data is kept.')
param retentionDays int

@description('How many GB a day are taken at the most; what is beyond is lost.')
param dailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyCapGb
    }
    features: {
      enableLogAccessUsingOnlyResourcePermissions: true
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    // The connection string alone lets nobody write: the app comes with its identity
    DisableLocalAuth: true
  }
}

// Application Insights has a cap of its own in front of the workspace's
resource cap 'Microsoft.Insights/components/pricingPlans@2017-10-01' = {
  parent: insights
  name: 'current'
  properties: {
    planType: 'Basic'
    cap: dailyCapGb
    stopSendNotificationWhenHitCap: false
    stopSendNotificationWhenHitThreshold: false
    warningThreshold: 90
  }
}

@description('The resource id of the workspace.')
output workspaceId string = workspace.id

@description('The resource id of Application Insights.')
output insightsId string = insights.id

@description('The name of Application Insights.')
output insightsName string = insights.name
