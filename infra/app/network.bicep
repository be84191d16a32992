// A virtual network: a subnet that the app goes out through, and one of private endpoints to what it stores.

@description('The name of the virtual network.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('The address space: at least a /24.')
param addressSpace string

resource endpointsGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-endpoints'
  location: location
  tags: tags
}

resource appGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-app'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressSpace]
    }
    // Within the network, not beside it: a subnet that stands alone is taken out by every other deployment of the network
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 0)
          networkSecurityGroup: {
            id: appGroup.id
          }
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 1)
          networkSecurityGroup: {
            id: endpointsGroup.id
          }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

@description('The resource id of the network.')
output id string = network.id

@description('The resource id of the subnet of the app.')
output appSubnetId string = network::app.id

@description('The resource id of the subnet of private endpoints.')
output endpointsSubnetId string = network::endpoints.id
