// The vault of ADMIN_TOKEN and of the credentials of providers.

@description('The name of the vault.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags object

@description('Whether the vault is reached from the virtual network only.')
param private bool

@description('For how many days a deleted vault or secret can be brought back.')
param softDeleteRetentionDays int

@description('Whether nobody, not even an owner, can delete anything for good before these days are over. It cannot be turned off again.')
param purgeProtection bool

@description('Whether a deleted vault of this name is brought back, with its secrets.')
param recover bool

@description('The admin token to write; empty to leave the one that is there.')
@secure()
param adminToken string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    createMode: recover ? 'recover' : 'default'
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: softDeleteRetentionDays
    // Azure takes true or nothing
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }

  // By the deployment, not by whoever deploys: nobody needs a role on the vault for it, nor a way into a private one
  resource token 'secrets' = if (!empty(adminToken)) {
    name: 'ADMIN-TOKEN'
    properties: {
      value: adminToken
      contentType: 'text/plain'
    }
  }
}

@description('The resource id.')
output id string = vault.id

@description('The name.')
output name string = vault.name

@description('The address, with a slash at its end.')
output uri string = vault.properties.vaultUri
