import type { StackSecret } from '../../catalog/stack.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import { published, tryPublishedLogins } from './default-logins.ts';
import { entropyPerCharacter } from './secret-strength.ts';

const id = 'HIGH-003';
const generated: readonly StackSecret['kind'][] = ['password', 'hex', 'base64', 'cookie'];
const shortest = 16;
/** The length of a password for which a manifest asks for none. */
const usual = 24;
const leastBitsPerCharacter = 2.5;

export const credentials: Control = {
  id,
  title: 'No default, shared or visible credential',
  severity: 'high',
  domain: 'secrets',
  subject: 'service',
  why: 'Whoever may inspect a container reads its environment, arguments and labels; published defaults are what is tried first.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'NIST SP 800-190 4.1.4'],
  blindSpots: [
    'A secret that a service writes into its own data or log is not looked for.',
    'Credentials in a Compose file are the matter of J-CRD-01, J-CRD-02, J-CRD-04, J-CRD-05 and J-CRD-08.',
  ],
  remedy:
    'Give each service a generated credential of its own, as a file that only it reads. In a project of Jacker: declare it in the manifest.',
  static: ({ project }) =>
    (project?.stack.secrets ?? [])
      .filter((secret) => secret.kind === 'password')
      .map((secret): StaticResult => {
        const length = secret.length ?? usual;
        return {
          subject: secret.owner,
          location: ['secrets', secret.name],
          expected: `${shortest} characters or more`,
          status: length < shortest ? 'fail' : 'pass',
          seen: String(length),
        };
      }),
  probe: async (context) => {
    const secrets = await readGenerated(context);
    const weak = secrets.filter(
      ({ value }) =>
        value.length < shortest ||
        published.includes(value.toLowerCase()) ||
        entropyPerCharacter(value) < leastBitsPerCharacter,
    );
    const values = new Map<string, string[]>();
    for (const { name, value } of secrets) values.set(value, [...(values.get(value) ?? []), name]);
    const shared = [...values.values()].filter((names) => names.length > 1);
    const base = { read: 'generated secrets', from: context.stack.project };
    const readings: Reading[] = [
      {
        ...base,
        subject: 'secrets',
        expected: `${shortest} characters or more, random`,
        status: weak.length === 0 ? 'pass' : 'fail',
        seen: weak.map(({ name }) => name).join(', ') || `${secrets.length} so`,
      },
      {
        ...base,
        subject: 'secrets',
        expected: 'no two alike',
        status: shared.length === 0 ? 'pass' : 'fail',
        seen:
          shared.map((names) => names.join(' and ')).join(', ') || `${secrets.length} different`,
      },
    ];
    for (const [service, facts] of context.containers) {
      const { env, cmd, entrypoint, labels, healthcheck } = facts.config;
      const text = JSON.stringify([env, cmd, entrypoint, labels, healthcheck]);
      const seenNames = secrets.filter(({ value }) => text.includes(value)).map(({ name }) => name);
      readings.push({
        subject: service,
        read: 'docker inspect Config (Env, Cmd, Entrypoint, Labels, Healthcheck)',
        from: facts.name,
        expected: 'no secret of the project',
        status: seenNames.length === 0 ? 'pass' : 'fail',
        seen: seenNames.join(', ') || 'none',
      });
    }
    return readings;
  },
  attack: tryPublishedLogins,
  examples: { pass: [exampleOf(24)], fail: [exampleOf(8)] },
};

function exampleOf(length: number) {
  return exampleProject({
    stack: {
      secrets: [{ name: 'db', kind: 'password', length, help: 'x', owner: 'app', readers: [] }],
    },
  });
}

async function readGenerated(context: ProbeContext): Promise<{ name: string; value: string }[]> {
  return Promise.all(
    context.stack.secrets
      .filter((secret) => generated.includes(secret.kind))
      .map(async ({ name }) => ({ name, value: await context.readSecret(name) })),
  );
}
