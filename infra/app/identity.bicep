// The one identity of the app: it reaches storage, the vault and Application Insights with it, and holds no key of any.

@description('The name of the identity.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('The resource id, for what runs as the identity.')
output id string = identity.id

@description('The client id, by which the app names it.')
output clientId string = identity.properties.clientId

@description('The principal id, for role assignments.')
output principalId string = identity.properties.principalId
