import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../src/controls/control.ts';
import type { ComposeService } from '../../src/harden/compose-model.ts';
import { ensureTestbed } from '../testbed/index.ts';
import {
  about,
  createProbeProject,
  observe,
  stackService,
  type ProbeProject,
} from './twins/probe-project.ts';

/** Listens as Postgres does: on a socket of its own, which it names by a path with a link in it. */
const ownSocket = [
  'import socket, time',
  's = socket.socket(socket.AF_UNIX)',
  's.bind("/var/run/.s.PGSQL.5432")',
  's.listen()',
  'print("ready", flush=True)',
  'time.sleep(1e6)',
].join('\n');

const service = (part: Partial<ComposeService>): ComposeService => ({
  image: 'TOOLBOX',
  command: ['sleep', 'infinity'],
  networks: ['inner'],
  ...part,
});

let folder: string;
/** Answers as an engine, and does nothing else. */
const servers: Server[] = [];
let project: ProbeProject;

async function playEngine(...where: [string] | [number, string]): Promise<void> {
  const server = createServer((_, response) => {
    response.setHeader('Api-Version', '1.47').end('OK');
  });
  servers.push(server);
  if (where.length === 1) server.listen(where[0]);
  else server.listen(where[0], where[1]);
  await once(server, 'listening');
}

async function attack(name: string): Promise<Observation> {
  const prepared = await project.prepare({
    stack: { services: [stackService(name)] },
    rendered: { services: {} },
  });
  return about(await observe(prepared, 'J-SOCK-01', 'attack'), name);
}

describe("the engine's socket", () => {
  beforeAll(async () => {
    const { socketPath } = await ensureTestbed();
    folder = await mkdtemp(join(tmpdir(), 'jacker-socket-'));
    await playEngine(join(folder, 'any'));
    // What an image has that was made small.
    await mkdir(join(folder, 'few'));
    for (const program of ['sh', 'sleep', 'readlink', 'grep', 'cat']) {
      await symlink(`/usr/bin/${program}`, join(folder, 'few', program));
    }
    project = await createProbeProject({
      services: {
        plain: service({}),
        own: service({
          command: ['python3', '-c', ownSocket],
          healthcheck: { test: ['CMD', 'test', '-S', '/run/.s.PGSQL.5432'], interval: '1s' },
        }),
        renamed: service({ volumes: [`${socketPath}:/tmp/x.sock`] }),
        deep: service({ volumes: [`${folder}:/srv/a/b`] }),
        bare: service({
          volumes: [`${join(folder, 'few')}:/few:ro`, `${join(folder, 'any')}:/tmp/any`],
          environment: { PATH: '/few' },
        }),
        open: service({ networks: ['open'] }),
      },
      networks: {
        inner: {
          internal: true,
          driver_opts: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
        },
        open: {},
      },
    });
    await project.testbed.compose.up({ waitTimeoutSeconds: 120 });
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await project.testbed.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('is not seen where there is none', async () => {
    const found = await attack('plain');
    expect(found).toMatchObject({ status: 'pass' });
    expect(found.seen).toMatch(/^0 sockets/);
  });

  it("is not taken for a service's own socket", async () => {
    const found = await attack('own');
    expect(found).toMatchObject({ status: 'pass' });
    expect(found.seen).toMatch(/^1 sockets, none of an engine; 2 ports silent$/);
  });

  it.each([
    ['renamed', '/tmp/x.sock answers'],
    ['deep', '/srv/a/b/any answers'],
  ])('is found under another name or below a folder: %s', async (name, seen) => {
    expect(await attack(name)).toMatchObject({ status: 'fail', seen });
  });

  it('is unknown where somebody outside listens and nothing inside can ask who', async () => {
    expect(await attack('bare')).toMatchObject({
      status: 'unknown',
      seen: 'could not be asked: /tmp/any',
    });
  });

  it("is found where the engine listens on the host's address", async () => {
    expect(await attack('open')).toMatchObject({ status: 'pass' });
    const [network] = await project.testbed.engine
      .listNetworks({ project: project.testbed.name })
      .then((all) => all.filter((one) => one.name.endsWith('_open')));
    const gateway = (network?.subnets[0] ?? '').replace(/(\d+)\/\d+$/, (_, last: string) =>
      String(Number(last) + 1),
    );
    await playEngine(2375, gateway);
    expect(await attack('open')).toMatchObject({
      status: 'fail',
      seen: `${gateway}:2375 answers`,
    });
  });
});
