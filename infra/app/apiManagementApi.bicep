// Where API Management leads to: the app, everything, unbuffered and without a subscription of its own. Keys are the app's business.

@description('The service.')
param serviceName string

@description('The host name of the app.')
param appHostName string

var methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: serviceName
}

resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'app'
  properties: {
    displayName: 'QuotaFunctions'
    path: ''
    protocols: ['https']
    serviceUrl: 'https://${appHostName}'
    subscriptionRequired: false
  }

  resource policy 'policies' = {
    name: 'policy'
    properties: {
      format: 'rawxml'
      value: loadTextContent('apiManagementPolicy.xml')
    }
  }
}

resource operations 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [
  for method in methods: {
    parent: api
    name: toLower(method)
    properties: {
      displayName: method
      method: method
      urlTemplate: '/*'
    }
  }
]
