import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackNetwork } from '../../src/catalog/stack.ts';
import type { Observation } from '../../src/controls/control.ts';
import type { ComposeNetwork } from '../../src/harden/compose-model.ts';
import { canPlayInternet, startInternet, type Internet } from './twins/internet.ts';
import {
  createProbeProject,
  observe,
  stackService,
  type ProbeProject,
} from './twins/probe-project.ts';

const bridge = (masquerade: boolean): ComposeNetwork => ({
  driver_opts: { 'com.docker.network.bridge.enable_ip_masquerade': String(masquerade) },
});
const sealed: ComposeNetwork = {
  internal: true,
  driver_opts: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
};
const network = (
  name: string,
  purpose: StackNetwork['purpose'],
  members: readonly string[],
  egress = false,
): StackNetwork => ({ name, purpose, members, egress });

/** Each network of the hardened stack, and one like it with the one thing given up. */
const networks: readonly (readonly [StackNetwork, ComposeNetwork])[] = [
  [network('app--data', 'relation', ['app', 'data']), sealed],
  [network('edge', 'edge', ['router']), bridge(false)],
  [network('out', 'egress', ['caller'], true), bridge(true)],
  [network('soft-app--soft-data', 'relation', ['soft-app', 'soft-data']), {}],
  [network('soft-edge', 'edge', ['soft-router']), bridge(true)],
];
const services = networks.flatMap(([{ members }]) => members);

let project: ProbeProject;
let internet: Internet;

/** The way of each service to the internet, and how it was judged. */
async function ways(target = internet.address): Promise<ReadonlyMap<string, Observation>> {
  const prepared = await project.prepare({
    stack: {
      services: services.map((name) =>
        stackService(name, {
          networks: networks.flatMap(([one]) => (one.members.includes(name) ? [one.name] : [])),
        }),
      ),
      networks: networks.map(([one]) => one),
    },
    rendered: { services: {} },
    internetTarget: target,
  });
  const tried = await observe(prepared, 'J-NET-06', 'attack');
  return new Map(
    tried.filter((one) => one.read.includes('to the internet')).map((one) => [one.subject, one]),
  );
}

describe.skipIf(!canPlayInternet)('the way to a host outside of the engine', () => {
  beforeAll(async () => {
    internet = await startInternet();
    project = await createProbeProject({
      services: Object.fromEntries(
        networks.flatMap(([{ name, members }]) =>
          members.map((member) => [
            member,
            { image: 'TOOLBOX', command: ['sleep', 'infinity'], networks: [name] },
          ]),
        ),
      ),
      networks: Object.fromEntries(networks.map(([{ name }, made]) => [name, made])),
    });
    await project.testbed.compose.up({ waitTimeoutSeconds: 120 });
  });
  afterAll(async () => {
    await project.testbed.remove();
    await internet.stop();
  });

  it('is closed from inner networks and from the edge, open to whoever declares it', async () => {
    const found = await ways();
    const result = (name: string) => [found.get(name)?.seen, found.get(name)?.status];
    for (const name of ['app', 'data', 'router']) {
      expect(result(name), name).toEqual(['unreachable', 'pass']);
    }
    expect(result('caller')).toEqual(['connected', 'pass']);
  });

  it('is open from a network that is not internal, and from an edge that masquerades', async () => {
    const found = await ways();
    for (const name of ['soft-app', 'soft-data', 'soft-router']) {
      expect([found.get(name)?.seen, found.get(name)?.status], name).toEqual(['connected', 'fail']);
    }
  });

  it('is unknown where nobody is there to answer', async () => {
    // An address of the same network that the test does not give to anybody.
    const [, place = ''] = /^203\.0\.113\.(\d+)$/.exec(internet.address.host) ?? [];
    const nobody = `203.0.113.${String(Number(place) + 1)}`;
    const found = await ways({ host: nobody, port: 9 });
    expect(found.get('caller')?.status).toBe('unknown');
  });
});
