// What is deployed with a private network, settings and the rest: privateNetwork.snapshot.json, which scripts/bicep.sh writes and the tests look at.
using '../main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param adminToken = 'a-token-of-the-snapshots'
param operatorPrincipalId = '11111111-1111-1111-1111-111111111111'
param exposure = 'public'
param tablePrefix = 'Prod'
param settings = {
  Providers__openai__BaseUrl: 'https://api.openai.com/v1'
  PROXY_MAX_BODY_BYTES: 1048576
  ADMIN_TOKEN: 'this must not win'
}
param vaultSettings = {
  Providers__openai__ApiKey: 'openai-key'
}
param alertEmails = ['operators@example.com']
param alwaysReadyInstances = 2
param rollingUpdate = true
param privateNetwork = true
