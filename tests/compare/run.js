// Serves the page of `cargo xtask compare` to a headless browser and prints what it measured: a table, then one line of JSON.
// node run.js FOLDER RECORDING BROWSER ROUNDS

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';

const [folder, recording, browser, rounds] = process.argv.slice(2);
const here = import.meta.dirname;
const FLAGS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--window-size=1440,900',
];
const PAGE = `<!doctype html><meta charset="utf-8"><title>compare</title><link rel="stylesheet" href="tokens.css">
<script type="module" src="page.js"></script>`;
const FILES = {
  '/page.js': [join(folder, 'page.js'), 'text/javascript'],
  '/ours/compare.js': [join(folder, 'compare.js'), 'text/javascript'],
  '/ours/compare_bg.wasm': [join(folder, 'compare_bg.wasm'), 'application/wasm'],
  '/introspection.desc': [join(folder, 'introspection.desc'), 'application/octet-stream'],
  '/introspection.proto': [join(here, '../../proto/introspection.proto'), 'text/plain'],
  '/tokens.css': [join(here, '../../static/tokens.css'), 'text/css'],
  '/recording': [recording, 'application/octet-stream'],
};

await build({
  entryPoints: [join(here, 'page.js')], bundle: true, format: 'esm', minify: true, target: 'es2022',
  outfile: join(folder, 'page.js'), logLevel: 'warning',
});

let tell;
const told = new Promise(resolve => { tell = resolve; });
const server = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  // Clocks are finer where a page is alone with itself.
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  if (path === '/done') {
    const parts = [];
    for await (const part of request) parts.push(part);
    response.end();
    tell(JSON.parse(Buffer.concat(parts)));
  } else if (path === '/') {
    response.setHeader('Content-Type', 'text/html').end(PAGE);
  } else if (FILES[path]) {
    const [file, type] = FILES[path];
    response.setHeader('Content-Type', type).end(await readFile(file));
  } else {
    response.writeHead(404).end();
  }
}).listen(0, '127.0.0.1');
await new Promise(resolve => server.once('listening', resolve));

const profile = await mkdtemp(join(tmpdir(), 'peerscope-compare-'));
const address = `http://127.0.0.1:${server.address().port}/?rounds=${rounds}`;
const child = spawn(browser, [...FLAGS, `--user-data-dir=${profile}`, address], { stdio: 'ignore' });
const ended = new Promise(resolve => child.once('exit', resolve));
const result = await Promise.race([told, ended.then(code => ({ error: `the browser ended (${code})` }))]);
child.kill();
await ended;
server.close();
server.closeAllConnections();
await rm(profile, { recursive: true, force: true, maxRetries: 5 });

if (result.error) {
  console.error(result.error);
  process.exit(1);
}

function table(title, rows, more) {
  const first = rows[0].ms;
  console.log(`\n${title}, median of ${rows[0].times.length}`);
  for (const row of rows) {
    console.log(`  ${row.name.padEnd(50)} ${row.ms.toFixed(1).padStart(9)} ms ${more(row).padStart(10)} ${(row.ms / first).toFixed(2).padStart(7)}×`);
  }
}
const { decoding, charts, graphs } = result;
// States and events as we found them, and connections as the last one did.
for (const { name, result } of decoding.rows) {
  const expected = [...decoding.rows[0].result, decoding.rows.at(-1).result[2]].slice(0, result.length);
  if (String(result) !== String(expected)) throw new Error(`${name} found ${result}, not ${expected}`);
}
for (const { name, result: coloured } of charts.rows) {
  if (!coloured) throw new Error(`${name} painted nothing`);
}
for (const { nodes, rows } of graphs) {
  for (const { name, result: [placed, coloured] } of rows) {
    if (placed !== nodes || !coloured) throw new Error(`${name} placed ${placed} of ${nodes}, painted: ${coloured}`);
  }
}
table(`A recording of ${(decoding.bytes / 1e6).toFixed(1)} MB`, decoding.rows, row => `${(decoding.bytes / 1e3 / row.ms).toFixed(0)} MB/s`);
table(`Three lines of ${charts.points} points, 1440 px wide`, charts.rows, () => '');
for (const { nodes, rows } of graphs) table(`A graph of ${nodes} nodes`, rows, () => '');
console.log();
console.log(JSON.stringify(result));
