import { JackerError } from '../error.ts';
import type { EnsureReport } from '../secrets/ensure.ts';
import type { SecretProblem } from '../secrets/check.ts';
import { authorityFiles } from '../secrets/specification.ts';
import { nearestName } from '../settings/suggest.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { projectSecrets, secretSpecs } from './prepare.ts';
import { loadProject } from './project.ts';
import { ownDirectly } from './own-directly.ts';

/** One secret for a person; never its value. */
export interface SecretRow {
  name: string;
  kind: string;
  owner: string;
  readers: readonly string[];
  present: boolean;
  help: string;
}

/**
 * Makes the secrets that are missing, or one anew with what is derived from it, and gives them the
 * owner and group of their readers as far as this process may. A dry run says what it would make.
 */
export async function generateSecrets(
  context: AppContext,
  options: { force?: string | undefined; dryRun: boolean },
): Promise<EnsureReport> {
  const project = await loadProject(context.world, context.root, context.location);
  const secrets = projectSecrets(context, project);
  const specs = secretSpecs(project.stack).filter((spec) => !spec.rendered);
  const choice = options.force === undefined ? {} : { force: options.force };
  if (options.dryRun) return secrets.preview().ensure(specs, choice);
  const lock = await acquireLock(context.world, project.directory, 'secrets generate');
  try {
    const report = await secrets.ensure(specs, choice);
    await ownDirectly(context, project);
    return report;
  } finally {
    await lock.release();
  }
}

/** Every secret of the stack, in name order. */
export async function listSecrets(context: AppContext): Promise<SecretRow[]> {
  const project = await loadProject(context.world, context.root, context.location);
  const present = new Set(await projectSecrets(context, project).list());
  return project.stack.secrets.map((secret) => ({
    name: secret.name,
    kind: secret.kind,
    owner: secret.owner,
    readers: secret.readers,
    present: present.has(secret.name),
    help: secret.help,
  }));
}

/** What is wrong with the files in `secrets/`: content, mode, owner, what is missing or too much. */
export async function checkProjectSecrets(context: AppContext): Promise<SecretProblem[]> {
  const project = await loadProject(context.world, context.root, context.location);
  return projectSecrets(context, project).check(secretSpecs(project.stack));
}

/** The value of one secret, for a person who asked for it by its name. */
export async function readSecret(context: AppContext, name: string): Promise<string> {
  const project = await loadProject(context.world, context.root, context.location);
  const names = [...project.stack.secrets.map((secret) => secret.name), authorityFiles.certificate];
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    throw new JackerError('usage', {
      what: `there is no secret named ${JSON.stringify(name)}`,
      hint: near ? `Did you mean ${near}?` : 'See jacker secrets list.',
    });
  }
  const value = await projectSecrets(context, project).read(name);
  if (value !== null) return value;
  throw new JackerError('secret-missing', {
    what: 'is missing',
    where: { file: `secrets/${name}` },
    hint: 'Run jacker secrets generate.',
  });
}
