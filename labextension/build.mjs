// Builds the two front ends from the same sources: the self-contained widget module, which brings its own React, and the
// prebuilt JupyterLab extension, which uses JupyterLab's.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const widget = join(root, 'kernel_ext/tabweave/static');
const modules = join(root, 'dist');
const extension = join(root, 'server_ext/tabweave_server/labextension');
const production = process.argv.includes('--production');

function clean() {
  for (const path of [widget, modules, extension]) {
    rmSync(path, { recursive: true, force: true });
  }
}

/** `import text from 'x.css?inline'`: the style sheet with its imports, as text. */
const styles = {
  name: 'styles',
  setup(on) {
    on.onResolve({ filter: /\.css\?inline$/ }, async ({ path, resolveDir }) => {
      const found = await on.resolve(path.replace(/\?inline$/, ''), { resolveDir, kind: 'import-statement' });
      return found.errors.length ? { errors: found.errors } : { path: found.path, namespace: 'inline' };
    });
    on.onLoad({ filter: /.*/, namespace: 'inline' }, async ({ path }) => {
      const sheet = await build({ entryPoints: [path], bundle: true, minify: true, write: false, loader: { '.svg': 'dataurl' } });
      return { contents: sheet.outputFiles[0].text, loader: 'text', watchFiles: [path] };
    });
  }
};

const common = {
  absWorkingDir: root,
  bundle: true,
  metafile: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  minify: production,
  sourcemap: production ? false : 'inline',
  legalComments: 'none',
  alias: {
    marked: join(root, 'labextension/stubs/marked.ts'),
    'react-responsive-carousel': join(root, 'labextension/stubs/carousel.ts')
  },
  define: { 'process.env.NODE_ENV': JSON.stringify(production ? 'production' : 'development') },
  plugins: [styles]
};

/** The packages that went into a bundle, with their licences' texts, in the form that JupyterLab collects. */
function licenses({ inputs }) {
  const found = new Map();
  for (const path of Object.keys(inputs)) {
    const [, folder] = /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (folder && !found.has(folder)) {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find(each => /^licen[cs]e/i.test(each));
      const extractedText = file ? readFileSync(join(root, folder, file), 'utf8') : '';
      found.set(folder, { name, versionInfo: version, licenseId: license, extractedText });
    }
  }
  return [...found.values()];
}

/** Adds licences to the list in `folder`. */
function listLicenses(folder, more) {
  const path = join(folder, 'third-party-licenses.json');
  const packages = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : [];
  const known = new Map([...packages, ...more].map(each => [each.name, each]));
  const sorted = [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(path, JSON.stringify({ packages: sorted }, null, 2));
}

async function buildWidget() {
  const { metafile } = await build({
    ...common,
    entryPoints: [join(root, 'labextension/src/widget.ts')],
    outfile: join(widget, 'widget.js')
  });
  listLicenses(widget, licenses(metafile));
}

async function buildExtension() {
  const { metafile } = await build({
    ...common,
    entryPoints: { index: join(root, 'labextension/src/lab/index.ts') },
    outdir: modules,
    splitting: true,
    external: ['@jupyterlab/*', '@lumino/*', 'react', 'react-dom']
  });
  const how = ['build', root, ...(production ? [] : ['--development', 'True'])];
  const run = spawnSync('jupyter-builder', how, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.error) {
    throw new Error('jupyter-builder was not found. Install it with `pip install jupyter_builder` and put it on PATH.');
  }
  if (run.status !== 0) {
    throw new Error(`jupyter-builder ended with status ${run.status}.`);
  }
  listLicenses(join(extension, 'static'), licenses(metafile));
  cpSync(join(root, 'labextension/install.json'), join(extension, 'install.json'));
}

function report(path) {
  console.log(`${path.slice(root.length + 1)}  ${Math.round(statSync(path).size / 1024)} kB`);
}

if (process.argv.includes('--clean')) {
  clean();
} else {
  if (production) {
    clean();
  }
  await buildWidget();
  await buildExtension();
  const { load } = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8')).jupyterlab._build;
  for (const path of [join(widget, 'widget.js'), join(extension, load)]) {
    if (!existsSync(path)) {
      throw new Error(`The build did not write ${path}.`);
    }
    report(path);
  }
}
