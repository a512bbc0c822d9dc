import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from './project.ts';

const fixtures = join(import.meta.dirname, '../fixtures/services');

/** A container as it runs. */
export interface Running {
  id: string;
  startedAt: string;
  /** Id of the image that it was made from. */
  image: string;
}

/** The running containers of a project, by service. */
export async function runningContainers(project: TestProject): Promise<Map<string, Running>> {
  const filter = `label=com.docker.compose.project=${project.name}`;
  const list = await project.docker(['ps', '-q', '--no-trunc', '--filter', filter]);
  const ids = list.stdout.split('\n').filter(Boolean);
  if (ids.length === 0) return new Map();
  const format =
    '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.StartedAt}} {{.Image}}';
  const facts = await project.docker(['inspect', '--format', format, ...ids]);
  return new Map(
    facts.stdout
      .split('\n')
      .filter(Boolean)
      .map((line): [string, Running] => {
        const [service = '', id = '', startedAt = '', image = ''] = line.split(' ');
        return [service, { id, startedAt, image }];
      }),
  );
}

/** Containers that do one task for a command; none may be left once a command has ended. */
export async function taskContainers(project: TestProject): Promise<string[]> {
  const filters = ['label=io.jacker.task', `label=io.jacker.project=${project.name}`];
  const { stdout } = await project.docker([
    'ps',
    '-aq',
    ...filters.flatMap((filter) => ['--filter', filter]),
  ]);
  return stdout.split('\n').filter(Boolean);
}

/** Names of the project's volumes, without the project's name in front; sorted. */
export async function volumes(project: TestProject): Promise<string[]> {
  const filter = `label=com.docker.compose.project=${project.name}`;
  const list = await project.docker(['volume', 'ls', '-q', '--filter', filter]);
  return list.stdout
    .split('\n')
    .filter(Boolean)
    .map((name) => name.replace(`${project.name}_`, ''))
    .sort();
}

/** The services that have another container than before, or one more, or none any longer. */
export function replaced(
  before: ReadonlyMap<string, Running>,
  after: ReadonlyMap<string, Running>,
): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name)?.id !== after.get(name)?.id).sort();
}

/** Adds the tests' light service: no database, one volume, a public page with a greeting. */
export async function addNotes(project: TestProject): Promise<void> {
  for (const entry of ['notes.yml', 'notes']) {
    await cp(join(fixtures, entry), join(project.directory, 'services', entry), {
      recursive: true,
    });
  }
}
