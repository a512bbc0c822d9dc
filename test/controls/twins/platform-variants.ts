import type { TestProject } from '../../e2e/project.ts';
import { change, replaceCertificate, startSoftened } from './platform-twin.ts';

/** One control given up in another way than in the softened stack, which holds only one way. */
export interface PlatformVariant {
  control: string;
  name: string;
  apply(project: TestProject): Promise<void>;
}

/** To be applied to the softened stack, one after the other. */
export const platformVariants: readonly PlatformVariant[] = [
  {
    control: 'MED-005',
    name: 'md5',
    apply: async (project) => {
      await letIn(project, 'md5');
      // Only a password that is kept as md5 is asked for as md5.
      const password = (await project.read('secrets/postgres-sample')).trim();
      await psql(
        project,
        `set password_encryption = 'md5'; alter role sample password '${password}';`,
      );
    },
  },
  {
    control: 'MED-005',
    name: 'password in the clear',
    apply: (project) => letIn(project, 'password'),
  },
  {
    control: 'MED-007',
    name: 'one counter for all clients',
    apply: async (project) => {
      await change(project, 'secrets/traefik.dynamic.middlewares.yml', [
        [/average: \d+/g, 'average: 1'],
        [/period: .*/g, 'period: 1m'],
        [/burst: \d+/g, 'burst: 3'],
        [/ipStrategy:\n *ipv6Subnet: 64/g, 'requestHost: true'],
      ]);
      await restartEdge(project);
    },
  },
  {
    control: 'CRIT-003',
    name: 'a certificate that nobody signed',
    apply: async (project) => {
      await replaceCertificate(project, ['-newkey', 'rsa:2048']);
      await restartEdge(project);
    },
  },
];

/** The one way in over the network from now on. */
async function letIn(project: TestProject, method: string): Promise<void> {
  await change(project, 'config/postgres/pg_hba.conf', [
    [/^host all all all .*$/m, `host all all all ${method}`],
  ]);
  await psql(project, 'select pg_reload_conf();');
}

async function psql(project: TestProject, sql: string): Promise<void> {
  const { exitCode, stderr } = await project.docker(
    [
      ...['exec', '-i', project.container('postgres'), 'psql', '-U', 'postgres'],
      ...['-v', 'ON_ERROR_STOP=1', '-q', '-o', '/dev/null'],
    ],
    sql,
  );
  if (exitCode !== 0) throw new Error(stderr);
}

async function restartEdge(project: TestProject): Promise<void> {
  const { exitCode, stderr } = await project.docker(['restart', project.container('traefik')]);
  if (exitCode !== 0) throw new Error(stderr);
  await startSoftened(project);
}
