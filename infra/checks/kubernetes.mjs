// Holds every manifest of the folder that is given to the schemas of Kubernetes and KEDA.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const folder = process.argv[2];
const faults = [];

const typeOf = async ({ apiVersion, kind }) =>
  (await import(`${apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models'}/${apiVersion}`))[kind];

const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
for (const file of files.filter((name) => name !== 'kustomization.yaml')) {
  for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
    try {
      if (document.errors.length > 0) throw document.errors[0];
      const manifest = document.toJS();
      new (await typeOf(manifest))(manifest).validate();
    } catch (error) {
      faults.push(`${file}: ${error.message}`);
    }
  }
}

const listed = parseAllDocuments(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'))[0].toJS().resources;
for (const file of files) {
  if (file !== 'kustomization.yaml' && !listed.includes(file)) faults.push(`kustomization.yaml does not list ${file}`);
}

for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 || files.length < 2 ? 1 : 0);
