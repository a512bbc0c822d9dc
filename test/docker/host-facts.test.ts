import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { freeNetworks } from '../../src/docker/address-pools.ts';
import { groupMembers } from '../../src/docker/group-members.ts';
import { createHost } from '../../src/docker/host.ts';
import { occupies, parseListeningSockets } from '../../src/docker/listening-sockets.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';

const cleanup: (() => void)[] = [];

afterEach(() => {
  for (const undo of cleanup.splice(0)) undo();
});

async function listenOn(address: string): Promise<number> {
  const server = createServer();
  cleanup.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

async function socketAt(port: number) {
  const files = nodeFileSystem();
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => files.readText(file)),
  );
  return tables
    .flatMap((table) => parseListeningSockets(table ?? ''))
    .find((socket) => socket.port === port);
}

describe('listening sockets of this machine', () => {
  it('are found with their address and their process', async () => {
    const socket = (await socketAt(await listenOn('127.0.0.1')))!;
    expect(socket.address).toBe('127.0.0.1');
    expect((await createHost().socketOwner(socket.inode))?.pid).toBe(process.pid);
    expect(await createHost().socketOwner(1)).toBeNull();
  });

  it('are found on IPv6', async () => {
    const table = `  sl  local_address rem_address st tx rx tr tm retr uid timeout inode
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4242 1
   1: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4243 1
   2: 00000000000000000000000001000000:1F91 00000000000000000000000001000000:D2A0 01 00000000:00000000 00:00000000 00000000 0 0 4244 1
`;
    expect(parseListeningSockets(table)).toEqual([
      { address: '0:0:0:0:0:0:0:1', port: 8080, inode: 4242 },
      { address: '2001:db8:0:0:0:0:0:1', port: 443, inode: 4243 },
    ]);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '0.0.0.0', true],
    ['0.0.0.0', '127.0.0.1', true],
    ['0:0:0:0:0:0:0:0', '127.0.0.1', true],
    ['0:0:0:0:0:0:0:1', '::1', true],
    ['2001:db8:0:0:0:0:0:1', '2001:DB8::1', true],
    ['0:0:0:0:0:0:0:1', '127.0.0.1', false],
    ['0:0:0:0:0:ffff:7f00:1', '127.0.0.1', true],
  ])('on %s keep %s taken: %s', (address, wanted, taken) => {
    expect(occupies({ address, port: 80, inode: 1 }, wanted)).toBe(taken);
  });

  it('are judged as the kernel judges them', async () => {
    const port = await listenOn('127.0.0.1');
    const socket = (await socketAt(port))!;
    for (const address of ['127.0.0.1', '127.0.0.2', '0.0.0.0']) {
      const server = createServer();
      const refused = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(true));
        server.listen(port, address, () => server.close(() => resolve(false)));
      });
      expect([address, occupies(socket, address)]).toEqual([address, refused]);
    }
  });
});

describe('the members of a group', () => {
  const group = 'root:x:0:\ndocker:x:998:alice,bob\nempty:x:1200:\n';
  const passwd = 'root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:\ncarol:x:1001:998::/:\n';

  it('are those listed and those whose primary group it is', () => {
    expect(groupMembers(group, passwd, 'docker')).toEqual(['alice', 'bob', 'carol']);
    expect(groupMembers(group, passwd, 998)).toEqual(['alice', 'bob', 'carol']);
    expect(groupMembers(group, passwd, 'empty')).toEqual([]);
    expect(groupMembers(group, passwd, 'missing')).toBeNull();
  });
});

describe('addresses for networks', () => {
  it('are 31 networks by default, docker0 among them', () => {
    expect(freeNetworks([], [])).toBe(31);
    expect(freeNetworks([], ['172.17.0.0/16'])).toBe(30);
  });

  it('are taken by whatever overlaps, and by nothing else', () => {
    const pools = [{ base: '10.200.0.0/16', size: 24 }];
    expect(freeNetworks(pools, [])).toBe(256);
    expect(freeNetworks(pools, ['10.200.3.0/24', '10.200.4.128/25', 'fd00::/64'])).toBe(254);
    expect(freeNetworks(pools, ['10.0.0.0/8'])).toBe(0);
    expect(freeNetworks(pools, ['192.168.0.0/16'])).toBe(256);
  });
});

describe('this machine', () => {
  it('tells the room on a disk, and that a path is missing', async () => {
    const space = (await createHost().diskSpace(tmpdir()))!;
    expect(space.total).toBeGreaterThan(space.free);
    expect(space.free).toBeGreaterThan(0);
    expect(await createHost().diskSpace('/no/such/folder')).toBeNull();
  });

  it('knows its own addresses', () => {
    expect(createHost().addresses()).toContain('127.0.0.1');
  });
});
