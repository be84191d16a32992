// API Management: the service and its address. What it leads to stands in apiManagementApi.bicep, as the app is made between the two:
// the app lets in this service alone.

@description('The name of the service, which its address begins with.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('Whom it sends mails to, and names as its owner.')
param publisherEmail string

resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    // The smallest with both: streams, which Consumption cuts, and an address of its own, which the v2 tiers do not promise
    name: 'Basic'
    capacity: 1
  }
  properties: {
    publisherEmail: publisherEmail
    publisherName: name
  }
}

@description('The name of the service.')
output name string = service.name

@description('The host name that clients call.')
output hostName string = replace(service.properties.gatewayUrl, 'https://', '')

@description('The address that it calls the app from: one, as it is one unit in one region. It stays as long as the service.')
output outboundAddress string = service.properties.publicIPAddresses[0]
