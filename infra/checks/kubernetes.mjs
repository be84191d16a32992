// Holds every manifest of the folder that is given to the schemas of Kubernetes and KEDA, and to their types: a schema lets a field pass that it does not know.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const folder = process.argv[2];
const work = fileURLToPath(new URL('node_modules/.manifests', import.meta.url));
const faults = [];
const typed = [];

const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const manifests = files.filter((file) => file !== 'kustomization.yaml');
mkdirSync(work, { recursive: true });

for (const file of manifests) {
  for (const [index, document] of parseAllDocuments(readFileSync(join(folder, file), 'utf8')).entries()) {
    try {
      if (document.errors.length > 0) throw document.errors[0];
      const manifest = document.toJS();
      const { apiVersion, kind } = manifest;
      const module = `${apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models'}/${apiVersion}`;
      const Type = (await import(module))[kind];
      new Type(manifest).validate();

      const name = join(work, `${file}.${index}.mts`);
      writeFileSync(name, `import type { I${kind} } from '${module}';\nexport const manifest: I${kind} = ${JSON.stringify(manifest, null, 2)};\n`);
      typed.push(name);
    } catch (error) {
      faults.push(`${file}: ${error.message}`);
    }
  }
}

const program = ts.createProgram(typed, { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [] });
for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
  faults.push(`${file?.fileName.slice(work.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

const listed = parseAllDocuments(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'))[0].toJS().resources;
for (const file of manifests) {
  if (!listed.includes(file)) faults.push(`kustomization.yaml does not list ${file}`);
}

for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 || manifests.length === 0 ? 1 : 0);
