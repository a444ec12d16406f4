// What the page of `cargo xtask compare` does: each task by each contender, turn by turn, and the times to who asked.

import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { forceLink, forceManyBody, forceSimulation } from 'd3-force';
import jspb from 'google-protobuf';
import protobuf from 'protobufjs';
import uPlot from 'uplot';

import { decoders } from './google.js';

const HEADER = 8;
const CHART_POINTS = 1_000_000;
const GRAPHS = [1_000, 10_000, 50_000];

const bytes = async path => new Uint8Array(await (await fetch(path)).arrayBuffer());

/** The payloads of a recording. */
function payloads(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found = [];
  for (let at = 4; at + HEADER <= file.length;) {
    const end = at + HEADER + view.getUint32(at + 4, true);
    found.push(file.subarray(at + HEADER, end));
    at = end;
  }
  return found;
}

const median = times => [...times].sort((a, b) => a - b)[times.length >> 1];

/** Every contender once a round, each time another one first. */
async function rounds(contenders, count) {
  for (const contender of contenders) contender.result = await contender.run();
  for (let round = 0; round < count; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + turn) % contenders.length];
      const from = performance.now();
      await contender.run();
      (contender.times ??= []).push(performance.now() - from);
    }
  }
  return contenders.map(({ name, times, result }) => ({ name, ms: median(times), times, result }));
}

async function decoding(ours, count) {
  const file = await bytes('recording');
  const frames = payloads(file);
  const proto = await (await fetch('introspection.proto')).text();
  const root = protobuf.parse(proto, { keepCase: false }).root.resolveAll();
  const js = root.lookupType('introspection.ServerMessage');
  const all = decoders(root, jspb);
  const google = all['.introspection.ServerMessage'];
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await bytes('introspection.desc')));
  const buf = registry.getMessage('introspection.ServerMessage');
  // Each is given the payloads, cut out, and need not keep what it decoded.
  const counted = (decode, state, isEvent, connections) => () => {
    const found = [0, 0, 0];
    for (const frame of frames) {
      const message = decode(frame);
      const told = state(message);
      if (told) found[2] += connections(told);
      found[0] += told != null;
      found[1] += isEvent(message);
    }
    return found;
  };
  const mine = () => [...ours.intake(file)].slice(0, 2);
  const { getField, getRepeatedWrapperField: rows, getWrapperField: part } = jspb.Message;
  const type = name => all[`.introspection.${name}`];
  const googles = state => rows(part(state, type('Subsystems'), 1), type('Connection'), 1).length;
  const theirs = state => state.subsystems.connections.length;
  return {
    bytes: file.length,
    rows: await rounds([
      { name: 'Peerscope: copy, checksum, decode, index, keep', run: mine },
      { name: 'Peerscope again (A/A)', run: mine },
      { name: 'protobufjs: decode', run: counted(frame => js.decode(frame), m => m.state, m => m.event != null, theirs) },
      { name: '@bufbuild/protobuf: decode', run: counted(frame => fromBinary(buf, frame), m => m.payload.case === 'state' ? m.payload.value : null, m => m.payload.case === 'event', theirs) },
      { name: 'google-protobuf: decode', run: counted(frame => google.deserializeBinary(frame), m => part(m, type('State'), 2), m => getField(m, 4) != null, googles) },
    ], count),
  };
}

/** The pixels are there when they can be read: how many of the middle column have a colour. */
function painted(canvas) {
  const { data } = canvas.getContext('2d').getImageData(canvas.width >> 1, 0, 1, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
}

async function charts(ours, count) {
  const [width, height] = [1440, 103];
  const chart = new ours.Chart(CHART_POINTS);
  const data = [0, 1, 2, 3].map(column => chart.column(column));
  const canvas = document.createElement('canvas');
  document.body.append(canvas);
  const plain = { show: false };
  const plot = new uPlot({
    width, height, legend: plain, cursor: plain, scales: { x: { time: true } },
    series: [{}, { stroke: '#58a', fill: '#58a8' }, { stroke: '#c84', fill: '#c848' }, { stroke: '#888', scale: 'n' }],
    axes: [{ size: 13 }, { show: false }, { show: false }],
  }, data, document.body);
  const mine = () => { chart.draw(canvas, width, height); return painted(canvas); };
  const [from, to] = [data[0][0], data[0].at(-1)];
  let odd = 0;
  const theirs = async () => {
    // Another second at the end, so that it has to look at all of it again.
    odd = 1 - odd;
    plot.setScale('x', { min: from, max: to + odd });
    await null;
    return painted(plot.ctx.canvas);
  };
  const rows = await rounds([
    { name: 'Peerscope: ask the history, paint', run: mine },
    { name: 'Peerscope again (A/A)', run: mine },
    { name: 'uPlot: scale and paint', run: theirs },
  ], count * 3);
  return { points: CHART_POINTS, rows };
}

/** A node in the middle and a line to each of the others, as the page shows a node and its peers. */
async function graph(ours, nodes, count) {
  const [width, height] = [1100, 760];
  const canvas = document.createElement('canvas');
  document.body.append(canvas);
  const mine = new ours.Graph(nodes);
  const ourDraw = () => { const placed = mine.draw(canvas, width, height); return [placed, painted(canvas) > 0]; };
  const their = document.createElement('canvas');
  [their.width, their.height] = [width, height];
  document.body.append(their);
  const points = Array.from({ length: nodes + 1 }, () => ({}));
  const links = points.slice(1).map((_, index) => ({ source: 0, target: index + 1 }));
  const simulation = forceSimulation(points).stop()
    .force('charge', forceManyBody()).force('link', forceLink(links));
  const theirTick = () => {
    // It would cool down, and do no less for that.
    simulation.alpha(1).tick(1);
    const pen = their.getContext('2d');
    pen.clearRect(0, 0, width, height);
    const far = points.reduce((far, { x, y }) => Math.max(far, Math.hypot(x, y)), 1);
    const at = ({ x, y }) => [width / 2 + x / far * height / 2, height / 2 + y / far * height / 2];
    pen.strokeStyle = '#5588aa40';
    pen.beginPath();
    for (const { source, target } of links) { pen.moveTo(...at(source)); pen.lineTo(...at(target)); }
    pen.stroke();
    pen.fillStyle = '#58a';
    pen.beginPath();
    for (const point of points) { const [x, y] = at(point); pen.moveTo(x + 3, y); pen.arc(x, y, 3, 0, 2 * Math.PI); }
    pen.fill();
    return [points.length - 1, painted(their) > 0];
  };
  const rows = await rounds([
    { name: 'Peerscope: place all, paint', run: ourDraw },
    { name: 'Peerscope again (A/A)', run: ourDraw },
    { name: 'd3-force: one tick of 300, paint', run: theirTick },
  ], count);
  mine.free();
  canvas.remove();
  their.remove();
  return { nodes, rows };
}

try {
  const ours = await import(new URL('ours/compare.js', location.href));
  await ours.default();
  const count = Number(new URLSearchParams(location.search).get('rounds'));
  const graphs = [];
  for (const nodes of GRAPHS) graphs.push(await graph(ours, nodes, count));
  const told = { browser: navigator.userAgent, graphs, decoding: await decoding(ours, count), charts: await charts(ours, count) };
  await fetch('done', { method: 'POST', body: JSON.stringify(told) });
} catch (error) {
  await fetch('done', { method: 'POST', body: JSON.stringify({ error: String(error?.stack ?? error) }) });
}
