// What is deployed by default: public.snapshot.json, which scripts/bicep.sh writes and the tests look at.
using '../main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param operatorPrincipalId = ''
