import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseListeners } from '../../../src/controls/reading/listeners.ts';

const table = (local: string, state = '0A'): string =>
  `  sl  local_address rem_address   st\n   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:0 0 999`;

describe('listening sockets', () => {
  it.each([
    ['0100007F:1F90', true, '127.0.0.1'],
    ['0B00007F:1F90', true, '127.0.0.11'],
    ['FFFFFF7F:1F90', true, '127.255.255.255'],
    ['00000000:1F90', false, '0.0.0.0'],
    ['0200127F:1F90', true, '127.18.0.2'],
    ['7F0012AC:1F90', false, '172.18.0.127'],
    ['7F00000A:1F90', false, '10.0.0.127'],
    ['00000000000000000000000000000000:1F90', false, '::'],
    ['00000000000000000000000001000000:1F90', true, '::1'],
    ['0000000000000000FFFF00000100007F:1F90', true, '::ffff:127.0.0.1'],
    ['0000000000000000FFFF00007F00000A:1F90', false, '::ffff:10.0.0.127'],
    ['000080FE00000000000000007F000000:1F90', false, 'fe80::7f:0'],
    ['B80D012000000000000000000100007F:1F90', false, '2001:db8::7f00:1'],
    ['B80D0120000000000000000001000000:1F90', false, '2001:db8::1'],
  ])('%s is loopback: %s (%s)', (local, loopback) => {
    expect(parseListeners(table(local))).toEqual([{ port: 8080, loopback }]);
  });

  it.each(['01', '06', '07', '0B'])('are not connections in state %s', (state) => {
    expect(parseListeners(table('00000000:1F90', state))).toEqual([]);
  });

  it('are none in an empty table', () => {
    expect(parseListeners('')).toEqual([]);
    expect(parseListeners('  sl  local_address\n\n')).toEqual([]);
  });

  it.each(['x', '   0:', '   0: 0100007F:1F9', '   0: 0100007G:1F90 0 0A', '   0: 00:1F90 0 0A'])(
    'are refused where a line has another form: %j',
    (line) => {
      expect(() => parseListeners(`heading\n${line}`)).toThrow(TypeError);
    },
  );

  it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('are seen on this machine: %s', async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const file = host.includes(':') ? '/proc/self/net/tcp6' : '/proc/self/net/tcp';
    const found = parseListeners(await readFile(file, 'utf8')).filter((one) => one.port === port);
    server.close();
    expect(found).toEqual([{ port, loopback: ['127.0.0.1', '::1'].includes(host) }]);
  });
});
