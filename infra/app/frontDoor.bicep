// Front Door: the profile and its address. What it leads to stands in frontDoorRoute.bicep, as the app is made between the two:
// the app lets in this profile alone.

@description('The name of the profile.')
param name string

@description('The name of the endpoint, which its address begins with.')
param endpointName string

@description('The tags.')
param tags object

resource profile 'Microsoft.Cdn/profiles@2025-06-01' = {
  name: name
  location: 'global'
  tags: tags
  sku: {
    name: 'Standard_AzureFrontDoor'
  }
  properties: {
    // The longest that there is. It is a silence: an answer that streams may take longer.
    originResponseTimeoutSeconds: 240
  }

  resource endpoint 'afdEndpoints' = {
    name: endpointName
    location: 'global'
    tags: tags
    properties: {
      enabledState: 'Enabled'
    }
  }
}

@description('The name of the profile.')
output name string = profile.name

@description('The resource id of the profile.')
output id string = profile.id

@description('What the profile calls itself in X-Azure-FDID.')
output frontDoorId string = profile.properties.frontDoorId

@description('The host name that clients call.')
output hostName string = profile::endpoint.properties.hostName
