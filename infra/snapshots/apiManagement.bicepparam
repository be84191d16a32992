// What is deployed with exposure apiManagement: apiManagement.snapshot.json, which scripts/bicep.sh writes and the tests look at.
using '../main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param adminToken = 'a-token-of-the-snapshots'
param operatorPrincipalId = '11111111-1111-1111-1111-111111111111'
param exposure = 'apiManagement'
param alertEmails = ['operators@example.com']
