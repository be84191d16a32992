import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const outDir = resolve(import.meta.dirname, '../../../artifacts/dashboard');

// The service that `npm run dev` shows the data of
const service = process.env.SERVICE ?? 'http://127.0.0.1:8787';

const maxScriptBytes = 120 * 1024;

/** Compresses what was built, so that the service need not, and holds the scripts to their size. */
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    closeBundle() {
      let scripts = 0;
      for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const plain = readFileSync(path);
        const gzip = gzipSync(plain, { level: 9 });
        const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        if (gzip.length < plain.length) writeFileSync(`${path}.gz`, gzip);
        if (brotli.length < plain.length) writeFileSync(`${path}.br`, brotli);
        if (entry.name.endsWith('.js')) scripts += gzip.length;
      }

      console.log(`Dashboard: ${scripts.toLocaleString('en')} bytes of JavaScript, compressed; ${maxScriptBytes.toLocaleString('en')} are allowed`);
      if (scripts >= maxScriptBytes) throw new Error('The dashboard has more JavaScript than is allowed');
    },
  };
}

export default defineConfig({
  base: '/dashboard/',
  build: {
    outDir,
    emptyOutDir: true,
    // The first ones that know light-dark()
    target: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(['/manage', '/quota', '/health', '/api'].map((path) => [path, service])),
  },
  plugins: [compress()],
  test: { setupFiles: ['tests/browser.ts'], include: ['tests/**/*.test.ts'] },
});
