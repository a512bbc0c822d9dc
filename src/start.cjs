'use strict';

const { statSync } = require('node:fs');
const { homedir, userInfo } = require('node:os');
const { enableCompileCache } = require('node:module');
const { join } = require('node:path');

/**
 * The folder for compiled code: one that nobody else can write to. Node's own default is below
 * /tmp, where another user could put code in place first; a home that belongs to somebody else
 * (sudo may keep HOME) is no better. Null where there is none.
 */
function cacheFolder() {
  try {
    const base = process.env.XDG_CACHE_HOME || homedir();
    if (statSync(base).uid !== userInfo().uid) return null;
    return join(base, process.env.XDG_CACHE_HOME ? 'jacker' : '.cache/jacker');
  } catch {
    return null;
  }
}

const folder = cacheFolder();
if (folder !== null) enableCompileCache(folder);
void import('./main.js');
