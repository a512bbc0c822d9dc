'use strict';

/**
 * Loaded into the program before it starts: kills it the moment a journal write is on the disk, the
 * n-th one, n being JACKER_TEST_KILL_AT. What was reached is appended to JACKER_TEST_KILL_LOG.
 */
const files = require('node:fs/promises');
const { appendFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const journal = /\.jacker\/journal\/current\.ndjson$/;
const wanted = Number(process.env.JACKER_TEST_KILL_AT);
let count = 0;

function reached(what) {
  count++;
  if (count !== wanted) return;
  appendFileSync(process.env.JACKER_TEST_KILL_LOG, `${what}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const { open, rename } = files;
files.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (journal.test(String(path))) {
    const close = handle.close.bind(handle);
    handle.close = async () => {
      await close();
      reached('line');
    };
  }
  return handle;
};
files.rename = async (from, to) => {
  await rename(from, to);
  if (journal.test(String(to))) reached('begin');
  if (journal.test(String(from))) reached('archive');
};
syncBuiltinESMExports();
