// Rules that ask Log Analytics, and who is told.

@description('What the names begin with.')
param namePrefix string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('The Log Analytics workspace.')
param workspaceId string

@description('The mail addresses of who is told.')
param emails string[]

@description('The per cent of answers that are 5xx, over 15 minutes with 20 requests at the least, above which somebody is told.')
param errorPercent int

@description('The milliseconds that a decision may take on average over 15 minutes.')
param decisionMilliseconds int

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${namePrefix}-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'quota'
    enabled: true
    emailReceivers: [
      for (email, index) in emails: {
        name: 'mail-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

var rules = [
  {
    name: 'server-errors'
    title: 'Answers are 5xx'
    severity: 1
    description: 'Over ${errorPercent} % of the answers of 15 minutes are 5xx. See docs/errors.md, and GET /manage/health.'
    query: '''
      AppMetrics
      | where Name == "quota_http_requests_total"
      | summarize Total = sum(Sum), Failed = sumif(Sum, toint(Properties.status) >= 500)
      | where Total >= 20
      | project Percent = 100.0 * Failed / Total
      '''
    column: 'Percent'
    aggregation: 'Maximum'
    threshold: errorPercent
  }
  {
    name: 'slow-decisions'
    title: 'Decisions are slow'
    severity: 2
    description: 'A decision takes over ${decisionMilliseconds} ms on average over 15 minutes: storage is slow, or one account is too busy. See docs/consistency.md.'
    query: '''
      AppMetrics
      | where Name == "quota_decision_seconds"
      | summarize Seconds = sum(Sum), Decisions = sum(ItemCount)
      | where Decisions >= 20
      | project Milliseconds = 1000.0 * Seconds / Decisions
      '''
    column: 'Milliseconds'
    aggregation: 'Maximum'
    threshold: decisionMilliseconds
  }
  {
    name: 'unavailable'
    title: 'Requests are refused as storage is away'
    severity: 1
    description: 'Requests were refused with 503 quota_unavailable. The label "cause" says what is wrong with storage.'
    query: '''
      AppMetrics
      | where Name == "quota_unavailable_total"
      | summarize Refused = sum(Sum)
      '''
    column: 'Refused'
    aggregation: 'Maximum'
    threshold: 0
  }
  {
    name: 'poison-messages'
    title: 'Messages are poison'
    severity: 2
    description: 'A function failed five times on a message. Read it at GET /manage/queues/{queue}/poison, mend the cause, and put it back.'
    query: '''
      StorageQueueLogs
      | where OperationName == "PutMessage" and Uri contains "-poison/messages" and toint(StatusCode) < 300
      '''
    column: ''
    aggregation: 'Count'
    threshold: 0
  }
  {
    name: 'failed-functions'
    title: 'Functions fail'
    severity: 2
    description: 'A function threw, or the log has errors: see the tables AppExceptions and AppTraces.'
    query: '''
      union isfuzzy=true AppExceptions, (AppTraces | where SeverityLevel >= 3)
      '''
    column: ''
    aggregation: 'Count'
    threshold: 0
  }
]

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${namePrefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      // The tables are there with their first row only
      skipQueryValidation: true
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: rule.aggregation
            metricMeasureColumn: empty(rule.column) ? null : rule.column
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [group.id]
      }
    }
  }
]
