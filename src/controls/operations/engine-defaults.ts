import type { ContainerFacts } from '../../docker/facts.ts';
import type { Control, ProbeContext, Reading } from '../control.ts';

const id = 'J-DMN-01';
/** Drivers that bound what they keep, or keep nothing on the host's disk. */
const unbounded = new Set(['json-file', '']);

export const engineDefaults: Control = {
  id,
  title: "The engine's defaults, or every container, ask for the least",
  severity: 'medium',
  domain: 'operations',
  subject: 'host',
  why: "What a container does not say, the engine's configuration decides: privileges that can be gained, root that is the host's, logs without end, a stop of everything at its own restart.",
  references: ['CIS Docker Benchmark 2.9, 2.13, 2.14, 2.15', 'NIST SP 800-190 4.5.1'],
  blindSpots: [
    'userland-proxy, icc and log-opts of daemon.json are not told by the engine.',
    "Only this project's containers are asked whether they say it themselves.",
  ],
  remedy:
    'Set no-new-privileges, live-restore, userns-remap and a bounded log driver in /etc/docker/daemon.json, or in each container what takes its place.',
  probe: async (context) => {
    const { host } = context;
    const running = context.stack.services.flatMap(({ name }) => {
      const facts = context.containers.get(name);
      return facts?.state.running ? [[name, facts] as const] : [];
    });
    const lacking = (has: (facts: ContainerFacts) => boolean): string[] =>
      running.filter(([, facts]) => !has(facts)).map(([service]) => service);
    const roots = await servicesAsRoot(
      context,
      running.map(([service]) => service),
    );
    const reading = (
      read: string,
      engine: boolean,
      services: readonly string[] | null,
      expected: string,
    ): Reading => ({
      subject: 'host',
      from: host.hostname,
      read,
      expected,
      status: engine || services?.length === 0 ? 'pass' : services === null ? 'unknown' : 'fail',
      seen: engine
        ? 'the engine does'
        : services === null
          ? 'a container could not be read'
          : services.length === 0
            ? 'every container does'
            : `not: ${services.join(', ')}`,
    });
    return [
      reading(
        'no-new-privileges',
        host.security.includes('no-new-privileges'),
        lacking(({ host: own }) =>
          own.securityOpt.some((option) => /^no-new-privileges([:=]true)?$/.test(option)),
        ),
        'privileges cannot be gained',
      ),
      reading(
        'userns-remap, rootless',
        host.security.includes('userns') || host.security.includes('rootless'),
        roots,
        "no process is the host's root",
      ),
      reading(
        'log driver',
        !unbounded.has(host.loggingDriver),
        lacking(
          ({ host: { logConfig } }) =>
            !unbounded.has(logConfig.type) || logConfig.config['max-size'] !== undefined,
        ),
        'logs are bounded',
      ),
      reading(
        'live-restore',
        host.liveRestore,
        lacking(({ host: { restartPolicy } }) =>
          ['always', 'unless-stopped'].includes(restartPolicy.name),
        ),
        "services outlive or return after the engine's restart",
      ),
    ];
  },
};

/** Services with a process of uid 0; null where one of them could not be read. */
async function servicesAsRoot(
  context: ProbeContext,
  services: readonly string[],
): Promise<string[] | null> {
  const found: string[] = [];
  let unread = false;
  for (const service of services) {
    try {
      const { processes } = await context.snapshot(service);
      if (processes.some((process) => process.uids.includes(0))) found.push(service);
    } catch {
      context.signal.throwIfAborted();
      unread = true;
    }
  }
  return found.length === 0 && unread ? null : found;
}
