'use strict';

/**
 * Loaded into the program before it starts: kills it at the n-th point that it reaches, or at the
 * first of a name, as JACKER_TEST_KILL_AT says (0: never). Each point is appended to JACKER_TEST_KILL_LOG before anything else
 * happens, so that a test knows where a program was killed, and that it was. The points, by
 * JACKER_TEST_KILL_POINTS:
 *
 * - `journal`: a line of the journal is on the disk.
 * - `engine`: the engine has answered a request that changes something, or a program of Docker's has
 *   begun: the middle of a step.
 * - `files`: a change of the file system is done.
 */
const files = require('node:fs/promises');
const { appendFileSync, readFileSync } = require('node:fs');
const http = require('node:http');
const processes = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');

const { JACKER_TEST_KILL_POINTS, JACKER_TEST_KILL_AT, JACKER_TEST_KILL_LOG } = process.env;
const journal = /\.jacker\/journal\/current\.ndjson$/;
let count = 0;

function reached(kind, what) {
  if (kind !== JACKER_TEST_KILL_POINTS) return;
  count++;
  appendFileSync(JACKER_TEST_KILL_LOG, `${what}\n`);
  if ([String(count), what].includes(JACKER_TEST_KILL_AT)) process.kill(process.pid, 'SIGKILL');
}

/** The last line of the journal in words: the step, its file where it has one, and the phase. */
function lastLine(path) {
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { step, phase, outcome } = lines.at(-1);
  return [step, phase, outcome].filter(Boolean).join(' ');
}

/** A path without what is another one each time. */
function shown(path) {
  return String(path)
    .replace(`${process.cwd()}/`, '')
    .replace(/\.jacker-[0-9a-f]{12}\.tmp$/, '.tmp')
    .replace(/journal\/\d.*\.ndjson$/, 'journal/ID.ndjson')
    .replace(/takeover-[0-9a-f]+$/, 'takeover');
}

const { open, rename } = files;
files.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  const isWritten = typeof rest[0] === 'string' || ((rest[0] ?? 0) & 3) !== 0;
  if (!isWritten) return handle;
  reached('files', `open ${shown(path)}`);
  const write = handle.writeFile.bind(handle);
  handle.writeFile = async (...args) => {
    await write(...args);
    reached('files', `write ${shown(path)}`);
  };
  const close = handle.close.bind(handle);
  handle.close = async () => {
    await close();
    if (journal.test(String(path))) reached('journal', lastLine(path));
  };
  return handle;
};
files.rename = async (from, to) => {
  await rename(from, to);
  reached('files', `rename ${shown(to)}`);
  if (journal.test(String(to))) reached('journal', lastLine(to));
  if (journal.test(String(from))) reached('journal', 'archived');
};
for (const name of ['link', 'unlink', 'rm', 'mkdir', 'chmod', 'lchown']) {
  const original = files[name];
  files[name] = async (...args) => {
    const result = await original(...args);
    reached('files', `${name} ${shown(name === 'link' ? args[1] : args[0])}`);
    return result;
  };
}

const { request } = http;
http.request = (...args) => {
  const sent = request(...args);
  if (!['GET', 'HEAD'].includes(sent.method)) {
    const path = sent.path.split('?')[0].replace(/[0-9a-f]{64}/g, 'ID');
    const answered = () => reached('engine', `${sent.method} ${path}`);
    sent.prependOnceListener('response', answered);
    sent.prependOnceListener('upgrade', answered);
  }
  return sent;
};

const { spawn } = processes;
processes.spawn = (file, args, ...rest) => {
  const child = spawn(file, args, ...rest);
  const act = (args ?? []).find((word) => ['up', 'create', 'restart', 'down'].includes(word));
  if (act) child.prependOnceListener('spawn', () => reached('engine', `docker compose ${act}`));
  return child;
};
syncBuiltinESMExports();
