import type { Control, ProbeContext, Reading } from '../control.ts';

const id = 'J-RUN-02';
const expected = "only containers of the stack's own services";
/** Containers that attacks start, and remove again; see the attacker. */
const attackLabel = 'io.jacker.attack';

export const foreignMembers: Control = {
  id,
  title: "Only the stack's own containers are on its networks",
  severity: 'medium',
  domain: 'isolation',
  subject: 'network',
  why: 'A container that was left behind, or that somebody attached by hand, is past every boundary between services: nobody patches or watches it.',
  references: ['CIS Docker Benchmark 6.2', 'NIST SP 800-190 4.4.5'],
  blindSpots: [
    'Stopped containers are on no network and are not looked for.',
    'A container that joins for a moment between two readings is not seen.',
  ],
  remedy:
    'Find it with docker network inspect, and remove it or take it off: docker network disconnect.',
  probe: async (context) => {
    const networks = await context.engine.listNetworks({ project: context.stack.project });
    const own = await ownIds(context);
    const readings: Reading[] = [];
    for (const { id: network, name } of networks) {
      const facts = await context.engine.inspectNetwork(network);
      const base = { subject: name, read: 'docker network inspect', from: name, expected };
      if (!facts) {
        readings.push({ ...base, status: 'unknown', seen: 'it was removed meanwhile' });
        continue;
      }
      const members = Object.entries(facts.containers);
      const foreign = members.filter(([member]) => !own.has(member)).map(([, one]) => one.name);
      readings.push({
        ...base,
        status: foreign.length === 0 ? 'pass' : 'fail',
        seen: foreign.length === 0 ? `${members.length} of its own` : `also ${foreign.join(', ')}`,
      });
    }
    return readings;
  },
};

/** Containers of the stack's services, and those of a running attack. */
async function ownIds(context: ProbeContext): Promise<ReadonlySet<string>> {
  const { project } = context.stack;
  // Of the whole project, also where only some services are verified.
  const names = new Set(Object.keys(context.rendered.services));
  const all = await context.engine.listContainers({});
  return new Set(
    all
      .filter(
        (one) =>
          (one.project === project && names.has(one.service ?? '')) ||
          one.labels[attackLabel] === project,
      )
      .map((one) => one.id),
  );
}
