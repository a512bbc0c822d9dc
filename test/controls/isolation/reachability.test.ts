import { describe, expect, it } from 'vitest';
import type { ProbeContext, Reading } from '../../../src/controls/control.ts';
import { reachability } from '../../../src/controls/isolation/reachability.ts';
import type { DialTask } from '../../../src/controls/position/attacker.ts';

const ports: Readonly<Record<string, number>> = { traefik: 8443, redis: 6379, app: 3000, far: 80 };
/** Who is on which network; `out` is the only one that leads out of the host. */
const members: Readonly<Record<string, readonly string[]>> = {
  'redis--traefik': ['redis', 'traefik'],
  'app--traefik': ['app', 'traefik'],
  out: ['far'],
};
const names = Object.keys(ports);
const address = (network: string, service: string): string =>
  `10.0.${String(Object.keys(members).indexOf(network))}.${String(names.indexOf(service) + 2)}`;
const networksOf = (service: string): string[] =>
  Object.keys(members).filter((network) => members[network]!.includes(service));

/** Traefik needs Redis and answers for the application; `far` has a way out and no relation. */
function stackWhere(
  reaches: (from: string, task: { host: string; port: number }) => boolean,
  dialled: Record<string, string[]> = {},
): ProbeContext {
  return {
    signal: new AbortController().signal,
    stack: {
      project: 'p',
      services: names.map((name) => ({
        name,
        dependsOn: name === 'traefik' ? ['redis'] : [],
        exceptions: [],
      })),
      networks: Object.entries(members).map(([name, list]) => ({
        name,
        purpose: name === 'out' ? 'egress' : 'relation',
        members: list,
      })),
      routes: [{ service: 'app' }],
    },
    containers: new Map(
      names.map((name) => [
        name,
        {
          id: name,
          name,
          networks: Object.fromEntries(
            networksOf(name).map((network) => [
              `p_${network}`,
              { ipAddress: address(network, name) },
            ]),
          ),
        },
      ]),
    ),
    snapshot: (name: string) =>
      Promise.resolve({
        listeners: [
          { port: ports[name], loopback: false },
          { port: 9, loopback: true },
        ],
      }),
    engine: {
      listNetworks: () =>
        Promise.resolve(
          Object.keys(members).map((name) => ({
            name: `p_${name}`,
            internal: name !== 'out',
            options: name === 'out' ? {} : { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
          })),
        ),
    },
    attacker: {
      dial: (from: { service: string }, tasks: readonly DialTask[]) => {
        dialled[from.service] = tasks.map(({ host }) => host);
        return Promise.resolve(
          tasks.map((task) => ({
            kind: 'tcp',
            outcome: reaches(from.service, task) ? 'connected' : 'unreachable',
          })),
        );
      },
    },
  } as unknown as ProbeContext;
}

/** As the engine has it: whoever shares a network reaches each other, and itself. */
function shared(from: string, { host }: { host: string }): boolean {
  return networksOf(from).some((network) =>
    members[network]!.some((to) => host === to || host === address(network, to)),
  );
}

async function attack(context: ProbeContext): Promise<ReadonlyMap<string, Reading>> {
  const readings = await reachability.attack!(context);
  return new Map(readings.map((reading) => [reading.subject, reading]));
}

describe('reachability', () => {
  it('tells what a service needs from what it merely reaches back', async () => {
    const found = await attack(stackWhere(shared));
    expect(found.get('traefik')).toMatchObject({
      status: 'pass',
      expected: 'needs app, redis; needed by none',
      seen: expect.stringMatching(/^reached app:3000, redis:6379; back to none; of/) as unknown,
    });
    expect(found.get('redis')).toMatchObject({
      status: 'pass',
      expected: 'needs none; needed by traefik',
      seen: expect.stringMatching(/^reached none; back to traefik:8443; of/) as unknown,
    });
  });

  it('fails where one without a relation is reached', async () => {
    const found = await attack(
      stackWhere((from, task) => shared(from, task) || (from === 'app' && task.host === 'redis')),
    );
    expect(found.get('app')).toMatchObject({ status: 'fail', seen: 'reached redis:6379' });
    expect(found.get('redis')?.status).toBe('pass');
  });

  it('says nothing where not even relatives are reached', async () => {
    const found = await attack(stackWhere(() => false));
    expect(found.get('app')).toMatchObject({
      status: 'unknown',
      seen: 'did not reach traefik either',
    });
  });

  it('sends nothing out of the host', async () => {
    const dialled: Record<string, string[]> = {};
    await attack(stackWhere(shared, dialled));
    // All but itself is on networks to which the host has no way, or a name that nobody near has.
    expect(dialled['far']).toEqual(['far', address('out', 'far')]);
    // One that has no way out tries every name and address.
    expect(dialled['redis']).toHaveLength(9);
  });
});
