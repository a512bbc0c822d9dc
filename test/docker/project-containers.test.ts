import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/docker/endpoint.ts';
import { createLister } from '../../src/docker/project-containers.ts';
import { readContainerList } from '../../src/docker/wire/containers.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const entry = {
  Id: 'c1',
  Names: ['/demo-redis-1'],
  Image: 'redis:8',
  ImageID: 'sha256:1',
  State: 'running',
  Status: 'Up 2 minutes (healthy)',
  Labels: { 'com.docker.compose.project': 'demo', 'com.docker.compose.service': 'redis' },
  Ports: [],
};

/** An engine that answers one thing, and says what it was asked. */
async function engine(status: number, body: string) {
  const socketPath = join(await temporaryFolder(), 's');
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(() => void server.close());
  const endpoint = {
    kind: 'unix',
    host: `unix://${socketPath}`,
    socketPath,
    source: 'environment',
  } as Endpoint;
  return { asked, lister: createLister(endpoint, new AbortController().signal) };
}

it('says the same of a container as the whole client does', async () => {
  const { asked, lister } = await engine(200, JSON.stringify([entry]));
  const [full] = readContainerList([entry]);
  const { ports, ...outline } = full!;
  expect(ports).toEqual([]);
  expect(await lister.listContainers({ project: 'demo' })).toEqual([outline]);
  const query = new URL(asked[0] ?? '', 'http://engine').searchParams;
  expect(query.get('all')).toBe('true');
  expect(JSON.parse(query.get('filters') ?? '')).toEqual({
    label: ['com.docker.compose.project=demo'],
  });
});

it.each([
  [500, '{"message":"broken"}', 'docker-failed'],
  [200, 'no JSON', 'docker-unavailable'],
  [200, '{}', 'docker-unavailable'],
])('explains the answer %s %s', async (status, body, code) => {
  const { lister } = await engine(status, body);
  await expect(lister.listContainers({ project: 'demo' })).rejects.toMatchObject({ code });
});

it('explains that nobody listens', async () => {
  const socketPath = join(await temporaryFolder(), 's');
  const endpoint = { kind: 'unix', host: `unix://${socketPath}`, socketPath } as Endpoint;
  const lister = createLister(endpoint, new AbortController().signal);
  await expect(lister.listContainers({})).rejects.toMatchObject({ code: 'docker-unavailable' });
});
