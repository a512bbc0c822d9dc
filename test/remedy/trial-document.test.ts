import { describe, expect, it } from 'vitest';
import type { ComposeDocument, ComposeService } from '../../src/harden/compose-model.ts';
import { reasonNotToTry } from '../../src/remedy/provable.ts';
import { trialDocument, type TrialService } from '../../src/remedy/trial-document.ts';
import { scratchCandidates, trialOrder } from '../../src/remedy/trial-plan.ts';

const document = (services: Record<string, unknown>): ComposeDocument => ({
  services: services as Record<string, ComposeService>,
});
const trial = (name: string, more: Partial<TrialService> = {}): TrialService => ({
  name,
  grants: {},
  attempt: 3,
  binds: [],
  imageVolumes: [],
  test: null,
  ...more,
});

describe('what a trial does not start', () => {
  it.each<[string, Record<string, unknown>]>([
    ['the engine socket', { volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'] }],
    ['a folder of the host', { volumes: [{ type: 'bind', source: '/srv', target: '/data' }] }],
    ['a folder above the file', { volumes: ['../shared:/data'] }],
    ['a folder that a path leads out to', { volumes: ['./a/../../etc:/data'] }],
    ['a home folder', { volumes: ['~/.ssh:/root/.ssh'] }],
    ['a variable without a value', { volumes: ['${DATA}:/data'] }],
    ['a pipe', { volumes: [{ type: 'npipe', source: 'x', target: '/y' }] }],
    ['privileged', { privileged: true }],
    ['the processes of the host', { pid: 'host' }],
    ['the network of the host', { network_mode: 'host' }],
    ['the network of a container', { network_mode: 'container:x' }],
    ['the names of the host', { uts: 'host' }],
    ['shared memory of the host', { ipc: 'host' }],
    ['control groups of the host', { cgroup: 'host' }],
    ['users of the host', { userns_mode: 'host' }],
    ['devices', { devices: ['/dev/kvm'] }],
    ['a graphics card', { deploy: { resources: { reservations: { devices: [{}] } } } }],
    ['volumes of another container', { volumes_from: ['container:x'] }],
    ['a capability over the host', { cap_add: ['cap_sys_admin'] }],
    ['no filter of system calls', { security_opt: ['seccomp=unconfined'] }],
    ['the socket of the engine by its key', { use_api_socket: true }],
    ['a hook', { post_start: [{ command: 'x', privileged: true }] }],
    ['no image', { image: undefined, build: '.' }],
  ])('%s', (_, service) => {
    const stack = document({
      app: { image: 'x', ...service },
      web: { image: 'y', depends_on: { app: {} } },
    });
    expect(reasonNotToTry('app', stack)).toMatch(/^it /);
    expect(reasonNotToTry('web', stack)).toContain('depends on app');
  });

  it('starts what asks for nothing of the host', () => {
    const stack = document({
      app: {
        image: 'x',
        volumes: ['./conf:/etc/app:ro', 'data:/data', { type: 'tmpfs', target: '/tmp' }],
        cap_add: ['NET_BIND_SERVICE'],
        security_opt: ['no-new-privileges:true'],
        ipc: 'private',
      },
    });
    expect(reasonNotToTry('app', stack)).toBeNull();
    expect(reasonNotToTry('__proto__', stack)).toContain('not in the file');
  });
});

describe('the document of a trial', () => {
  const stack: ComposeDocument = {
    services: {
      app: {
        image: 'x',
        container_name: 'app',
        ports: ['80:80'],
        labels: { 'traefik.enable': 'true' },
        restart: 'always',
        environment: { A: 'a$b${C}' },
        volumes: ['data:/data', 'both:/both', '/anon'],
        networks: { front: { aliases: ['site'] } },
        extra_hosts: { host: 'host-gateway' },
        depends_on: { db: { condition: 'service_started' } },
        cap_add: ['NET_ADMIN'],
      },
      db: { image: 'y', volumes: ['both:/both'], network_mode: 'none' },
    },
    networks: { front: { name: 'shared', external: true } },
    volumes: { data: { name: 'production', external: true } as never },
  };
  const made = trialDocument(
    stack,
    [
      trial('app', {
        grants: {
          user: '1:1',
          capabilities: ['CHOWN'],
          isolated: true,
          scratch: [{ path: '/tmp', options: 'size=1m' }],
        },
        imageVolumes: ['/data/', '/var/lib/x'],
      }),
      trial('db', { test: ['CMD', 'true'] }),
    ],
    'label',
    new Map(),
  );

  it('has nothing by which the host or another program would know it', () => {
    const text = JSON.stringify(made);
    for (const word of [
      'ports',
      'container_name',
      'traefik',
      'always',
      'host-gateway',
      'external',
      'production',
      '"shared"',
    ]) {
      expect(text).not.toContain(word);
    }
    expect(made.services['app']?.labels).toEqual({ label: 'true' });
  });

  it('gives a service what the trial leaves it', () => {
    expect(made.services['app']).toMatchObject({
      user: '1:1',
      cap_drop: ['ALL'],
      cap_add: ['CHOWN'],
      read_only: true,
      tmpfs: ['/tmp:size=1m'],
      environment: { A: 'a$$b$${C}' },
      depends_on: { db: { condition: 'service_healthy' } },
      networks: { 'front--inner': { aliases: ['site'] } },
    });
    expect(made.services['db']).toMatchObject({ network_mode: 'none' });
    expect(made.networks?.['front--inner']?.internal).toBe(true);
  });

  it('has a fresh volume for each try where no other service has it, and none without a name', () => {
    const mounts = (made.services['app']?.volumes ?? []) as unknown as {
      source: string;
      target: string;
    }[];
    expect(mounts.map(({ source, target }) => `${source} ${target}`)).toEqual([
      'own-app-0-3 /data',
      'shared-both /both',
      'own-app-2-3 /anon',
      'own-app-3-3 /var/lib/x',
    ]);
  });
});

describe('the plan of a trial', () => {
  it('tries what others need first, and stores before all', () => {
    const stack = document({
      web: { image: 'nginx', depends_on: { api: {} } },
      api: { image: 'x', depends_on: { web: {} } },
      db: { image: 'postgres:16' },
    });
    expect(trialOrder(stack, ['web', 'api', 'db'])).toEqual(['db', 'api', 'web']);
  });

  it('finds the folders that were written to, and not where the program is', () => {
    const changes = [
      { path: '/run', kind: 'modified' },
      { path: '/run/nginx.pid', kind: 'added' },
      { path: '/var', kind: 'modified' },
      { path: '/var/cache', kind: 'modified' },
      { path: '/var/cache/x', kind: 'added' },
      { path: '/var/cache/x/y', kind: 'added' },
      { path: '/run/postgresql', kind: 'modified' },
      { path: '/data', kind: 'added' },
      { path: '/etc', kind: 'modified' },
      { path: '/etc/hosts', kind: 'added' },
      { path: '/etc/new', kind: 'added' },
    ] as const;
    expect(scratchCandidates(changes, { volumes: ['d:/data'] })).toEqual([
      '/run/postgresql',
      '/var/cache',
      '/run',
      '/tmp',
    ]);
  });
});
