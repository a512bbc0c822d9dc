import type { DialTask } from './attacker.ts';

/**
 * A Node program that carries out tasks and prints their results as one line of JSON. It goes to
 * the standard input of `node -` in a throwaway container, so that nothing of it is an argument.
 */
export function dialProgram(tasks: readonly DialTask[]): string {
  return `const tasks = ${JSON.stringify(tasks)};\n${program}`;
}

const program = `
const net = require('node:net');
const http = require('node:http');
const https = require('node:https');
const refusals = ['ECONNREFUSED', 'ECONNRESET'];
function tcp(task) {
  return new Promise((done) => {
    const end = (outcome, detail) => { socket.destroy(); done({ kind: 'tcp', outcome, detail }); };
    const socket = net.connect({ host: task.host, port: task.port });
    socket.setTimeout(task.timeoutMs, () => end('unreachable', 'no answer'));
    socket.on('connect', () => end('connected', ''));
    socket.on('error', (error) =>
      end(refusals.includes(error.code) ? 'refused' : 'unreachable', String(error.code)));
  });
}
function talk(task) {
  return new Promise((done) => {
    let received = '';
    let connected = false;
    const end = (detail) => {
      socket.destroy();
      done({ kind: 'talk', outcome: connected ? 'answered' : 'unreachable', received, detail });
    };
    const socket = net.connect({ host: task.host, port: task.port });
    setTimeout(() => end('time is up'), task.timeoutMs).unref();
    socket.on('connect', () => { connected = true; socket.write(task.send); });
    socket.on('data', (bytes) => { if (received.length < 1e6) received += bytes.toString('latin1'); });
    socket.on('end', () => end(''));
    socket.on('error', (error) => end(String(error.code)));
  });
}
function one(task, agent) {
  return new Promise((done) => {
    const { host, port, method, path, headers, tls } = task;
    const options = { host, port, method, path, headers, timeout: task.timeoutMs, agent };
    const request = tls
      ? https.request({ ...options, servername: tls.servername, rejectUnauthorized: false })
      : http.request(options);
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => done({ error: String(error.code || error.message) }));
    request.on('response', (response) => {
      const address = response.socket.localAddress;
      let body = '';
      response.on('data', (bytes) => { if (body.length < 65536) body += bytes; });
      response.on('end', () => done({ status: response.statusCode, body, address }));
      response.on('error', (error) => done({ error: String(error.code) }));
    });
    request.end(task.body);
  });
}
async function requests(task) {
  const again = task.repeat || { count: 1, atOnce: 1, forMs: Infinity, pauseMs: 0 };
  if (again.afterMs) await new Promise((go) => setTimeout(go, again.afterMs));
  const began = Date.now();
  const result = { kind: 'http', statuses: {}, failed: 0, body: '', detail: '', address: '', timeline: [], began };
  const keeping = { keepAlive: true, maxSockets: again.atOnce };
  const agent = task.repeat ? new (task.tls ? https : http).Agent(keeping) : false;
  let left = again.count;
  let slow = again.pauseAfter === undefined;
  const worker = async () => {
    while (left > 0 && Date.now() - began < again.forMs) {
      left -= 1;
      const { status, body, error, address } = await one(task, agent);
      if (status === undefined) { result.failed += 1; result.detail = error; continue; }
      result.statuses[status] = (result.statuses[status] || 0) + 1;
      result.timeline.push([Date.now(), status]);
      Object.assign(result, { body, address });
      slow = slow || status === again.pauseAfter;
      if (slow && left > 0 && again.pauseMs > 0) await new Promise((go) => setTimeout(go, again.pauseMs));
    }
  };
  await Promise.all(Array.from({ length: Math.min(again.atOnce, left) }, worker));
  if (agent) agent.destroy();
  return { ...result, ended: Date.now() };
}
const perform = { tcp, talk, http: requests };
async function main() {
  const results = new Array(tasks.length);
  let next = 0;
  const worker = async () => {
    while (next < tasks.length) {
      const index = next;
      next += 1;
      results[index] = await perform[tasks[index].kind](tasks[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(32, tasks.length) }, worker));
  process.stdout.write(JSON.stringify(results) + '\\n', () => process.exit(0));
}
main();
`;
