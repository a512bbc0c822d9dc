import { engineSockets, socketName, socketPaths } from '../compose/engine-access.ts';
import { engineHold, type EngineHold } from '../compose/engine-holders.ts';
import { exampleService } from '../compose/example.ts';
import { isWithin } from '../compose/service-mounts.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control, ProbeContext, Status } from '../control.ts';
import type { DialTask } from '../position/attacker.ts';
import { isEngineAnswer, searchSockets } from '../position/unix-sockets.ts';
import { firstAddress } from '../reading/subnet.ts';
import { probeContainers, type ContainerTarget } from '../reading/probe-containers.ts';

const id = 'J-SOCK-01';
/** Where an engine listens on TCP, by convention: without and with TLS. */
const enginePorts = [
  { port: 2375, tls: false },
  { port: 2376, tls: true },
];
const expected = 'no mount of it or of a folder above it';
const judgements: Record<EngineHold['kind'], { status: Status; why: string }> = {
  none: { status: 'pass', why: '' },
  holds: { status: 'fail', why: '' },
  proxy: { status: 'pass', why: ': a proxy, see J-PRX-01 and J-PRX-02' },
  configured: { status: 'unknown', why: ': the configuration decides what it lets through' },
  image: { status: 'unknown', why: ": the image's user may not be let in" },
};

export const engineSocket: Control = {
  id,
  title: "No container mounts the container engine's socket",
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'Whoever can talk to the engine is root on the host. Mounting the socket read-only changes nothing: it forbids replacing the file, not talking to it.',
  references: [
    'CIS Docker Benchmark 5.32',
    'OWASP Docker Security Cheat Sheet rule 1',
    'NIST SP 800-190 4.4.3',
  ],
  blindSpots: [
    'In files, a proxy of the socket is known by the names of common images; what it lets through is the matter of J-PRX-01. A web server with a configuration of its own is unknown.',
    'A folder above the socket passes where the service has an ordinary user without other groups; a writable one from which the host is rewritten anyway is the matter of J-FS-03.',
    'In files, a socket under a name of its own, in a folder of its own, is not recognised; the attack asks every socket that it finds, where the image has a program for it.',
    'Sockets deeper than eight folders below the root are not looked for, nor engines at other ports than 2375 and 2376.',
  ],
  remedy:
    'Put a socket proxy between, on an internal network that only this service shares, and let through the calls that it needs and no other.',
  static: (model) =>
    checkViews(model, id, ['volumes', 'use_api_socket'], (view) => {
      const { service, name } = view;
      if (!view.known) {
        const { sockets, kind } = engineHold(view);
        const { status, why } = judgements[kind];
        return {
          status,
          expected,
          seen: `${sockets.join(', ') || 'none'}${why}`,
          ...(service.volumes === undefined && sockets.length > 0
            ? { location: ['services', name, 'use_api_socket'] }
            : {}),
        };
      }
      const own = model.project?.settings.values['DOCKER_SOCKET'];
      const found = engineSockets(view, typeof own === 'string' ? own : undefined);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected,
        seen: found.join(', ') || 'none',
        ...(service.volumes === undefined && found.length > 0
          ? { location: ['services', name, 'use_api_socket'] }
          : {}),
      };
    }),
  probe: (context) =>
    probeContainers(context, id, '/proc/self/mountinfo, docker inspect', async (target) => {
      const mounted = (await target.snapshot()).mounts
        .filter((mount) => socketName.test(mount.root) || socketName.test(mount.target))
        .map((mount) => mount.target);
      const inspected = target.facts.mounts
        .filter((mount) => mount.type === 'bind')
        .filter(
          (mount) =>
            socketName.test(mount.source) ||
            socketPaths.some((socket) => isWithin(socket, mount.source)),
        )
        .map((mount) => mount.target);
      const found = [...new Set([...mounted, ...inspected])];
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'no socket',
        seen: found.join(', ') || 'none',
      };
    }),
  attack: (context) =>
    probeContainers(
      context,
      id,
      'sockets inside and TCP ports of the host asked for the Engine API',
      async (target) => {
        const { mounts } = await target.snapshot();
        const places = [...socketPaths, ...mounts.map((mount) => mount.target)];
        const { sockets, limit } = await searchSockets(context, target, places);
        const addresses = await engineAddresses(context, target);
        const named = (path: string): boolean =>
          mounts.some((mount) => mount.target === path && socketName.test(mount.root)) ||
          socketName.test(path);
        const engines = [
          ...sockets
            .filter(
              ({ path, own, answer }) => isEngineAnswer(answer ?? '') || (!own && named(path)),
            )
            .map(({ path, answer }) =>
              isEngineAnswer(answer ?? '') ? `${path} answers` : `${path} is there`,
            ),
          ...addresses.open.map((address) => `${address} answers`),
        ];
        const expected = 'no engine';
        if (engines.length > 0) return { status: 'fail', expected, seen: engines.join(', ') };
        // Somebody outside listens on it, and the image has nothing to ask who.
        const unclear = sockets.filter(({ own, answer }) => !own && answer === null);
        if (unclear.length > 0) {
          const paths = unclear.map(({ path }) => path).join(', ');
          return { status: 'unknown', expected, seen: `could not be asked: ${paths}` };
        }
        const seen = `${sockets.length} sockets, none of an engine; ${addresses.tried} ports silent`;
        return { status: 'pass', expected, seen: limit === null ? seen : `${seen} (${limit})` };
      },
    ),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ use_api_socket: false }),
      exampleService({ volumes: ['data:/data', './x.yml:/etc/x.yml:ro'] }),
      exampleService({
        image: 'lscr.io/linuxserver/socket-proxy:3.2.4',
        volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
      }),
      exampleService({
        image: 'prom/node-exporter:v1.9.0',
        user: 'nobody',
        volumes: ['/:/host:ro,rslave'],
      }),
    ],
    fail: [
      exampleService({ volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'] }),
      exampleService({ volumes: ['/run:/host-run'] }),
      exampleService({
        volumes: [{ type: 'bind', source: '/run/user/1000/docker.sock', target: '/s' }],
      }),
      exampleService({ use_api_socket: true }),
    ],
  },
};

/**
 * Asks the host for the Engine API over TCP, at its address in each of the container's networks:
 * all of them are next to it, so that nothing of this leaves the host.
 */
async function engineAddresses(
  context: ProbeContext,
  { service, facts }: ContainerTarget,
): Promise<{ tried: number; open: string[] }> {
  const known = await context.engine.listNetworks({ project: context.stack.project });
  const hosts = new Set<string>();
  for (const [name, { gateway }] of Object.entries(facts.networks)) {
    if (gateway !== '') hosts.add(gateway);
    for (const subnet of known.find((network) => network.name === name)?.subnets ?? []) {
      const first = firstAddress(subnet);
      if (first !== null) hosts.add(first);
    }
  }
  const addresses = [...hosts].flatMap((host) => enginePorts.map((port) => ({ host, ...port })));
  const results = await context.attacker.dial(
    { service },
    addresses.map(({ host, port, tls }): DialTask => ({
      kind: 'http',
      host,
      port,
      ...(tls ? { tls: { servername: 'localhost' } } : {}),
      method: 'GET',
      path: '/_ping',
      headers: { host: 'localhost' },
      timeoutMs: 1500,
    })),
  );
  const open = addresses.filter((_, index) => {
    const result = results[index];
    return result?.kind === 'http' && result.statuses['200'] === 1 && result.body.trim() === 'OK';
  });
  return { tried: addresses.length, open: open.map(({ host, port }) => `${host}:${port}`) };
}
