import { homedir } from 'node:os';
import { join } from 'node:path';
import { JackerError } from '../error.ts';
import { setInEnv } from '../settings/edit.ts';
import { parseEnvFile, type EnvFile } from '../settings/env-file.ts';
import { textOf } from '../settings/definition.ts';
import { resolveSettings } from '../settings/resolve.ts';
import { checkSettings } from '../catalog/check-settings.ts';
import { resolveStack } from '../catalog/resolve-stack.ts';
import { recordsFolder } from '../state/layout.ts';
import { removeLeftovers } from '../state/leftovers.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { readEnvFile, writeEnvFile, type SettingChange } from './config.ts';
import { keepEditorSchema } from './editor-schema.ts';
import { ownDirectly } from './own-directly.ts';
import { planPrepared, previewSecrets, refuseEdits } from './plan.ts';
import { prepareProject, projectSecrets, secretSpecs } from './prepare.ts';
import { loadCatalog, loadProject, placed, settingDefinitions } from './project.ts';
import { requireFloor } from './static-floor.ts';
import { noFacts, writeRendered } from './write-rendered.ts';

/** What {@link init} did. */
export interface InitResult {
  directory: string;
  /** Files of the user's own that were made. */
  created: readonly string[];
  /** Settings that were written. */
  changed: readonly string[];
  /** The name of the local account. */
  adminUser: string;
  secretsCreated: readonly string[];
  /** Secrets that have to come from a person before `up`. */
  missing: readonly string[];
}

/** Folders and files that are Jacker's in a project; found without a project they are somebody else's. */
const generatedNames = ['docker-compose.yml', 'compose', 'config', 'secrets', 'images.lock'];

/** Templates of the files that a new project begins with, by their place in the project. */
const startFiles: Readonly<Record<string, string>> = {
  '.gitignore': 'templates/project/gitignore',
  'overrides/README.md': 'templates/project/overrides/README.md',
  'services/README.md': 'templates/project/services/README.md',
};

/** The values of the `.env` that is here, or null where there is none. Throws for an invalid one. */
export async function readExisting(
  context: Pick<AppContext, 'world' | 'location'>,
): Promise<ReadonlyMap<string, string> | null> {
  const env = await readEnvFile(context.world.files, context.location.envPath);
  return env && new Map(env.entries.map((entry) => [entry.key, entry.value]));
}

/**
 * Makes a folder a project, or completes one: `.env`, secrets and every generated file. What is
 * there stays; only settings that are given are changed. Nothing outside the folder is touched.
 * Before anything is written it throws what `up` would refuse, and `conflict` where the folder holds
 * somebody else's Compose project or a generated file that a person edited. A dry run says what
 * would be made.
 */
export async function init(
  context: AppContext,
  options: { settings: readonly SettingChange[]; dryRun: boolean },
): Promise<InitResult> {
  const { world, location } = context;
  const { files } = world;
  const { directory, envPath } = location;
  await refuseForeign(context);
  const wanted = await readWanted(context, options.settings);
  const { env, existing, changed, templates, adminUser } = wanted;
  const created: string[] = [];
  for (const path of Object.keys(startFiles)) {
    if ((await files.facts(join(directory, path))) === null) created.push(path);
  }
  if (!existing) created.unshift('.env');
  const result = { directory, created, changed, adminUser };
  const preview = await previewInit(context, env);
  if (options.dryRun) return { ...result, ...preview };

  await files.makeDirectory(directory, 0o755);
  const lock = await acquireLock(world, directory, 'init');
  let report;
  let project;
  try {
    await removeLeftovers(world, directory);
    if (!existing || changed.length > 0) await writeEnvFile(files, envPath, env.text);
    for (const path of created) {
      const content = templates.get(startFiles[path] ?? '');
      if (content === undefined) continue;
      await files.makeDirectory(join(directory, path, '..'), 0o755);
      await files.write(join(directory, path), content, { mode: 0o644 });
    }
    await keepEditorSchema(world, context.root, directory);
    project = await loadProject(world, context.root, location);
    report = await projectSecrets(context, project).ensure(
      secretSpecs(project.stack).filter((spec) => !spec.rendered),
    );
  } finally {
    await lock.release();
  }
  if (report.missing.length === 0) await writeRendered(context);
  await ownDirectly(context, project);
  return { ...result, secretsCreated: report.created, missing: report.missing };
}

/** The `.env` as it is to be. The whole result is checked before a single byte is written. */
async function readWanted(context: AppContext, changes: readonly SettingChange[]) {
  const { world, location, root } = context;
  const { catalog, files: templates } = await loadCatalog(world, root, location.directory);
  const definitions = settingDefinitions(catalog);
  const existing = await readEnvFile(world.files, location.envPath);
  const before = new Map(existing?.entries.map(({ key, value }) => [key, value]));
  const changed = changes.filter(({ key, value }) => !existing || before.get(key) !== value);
  let text = existing?.text ?? templates.get('templates/project/env') ?? '';
  for (const { key, value } of changed) text = setInEnv(text, key, value ?? '', definitions);
  const env = parseEnvFile(new TextEncoder().encode(text), location.envPath);
  const settings = resolveSettings(env, definitions);
  checkSettings(settings, location.envPath, env);
  placed(env, () => resolveStack(catalog, settings));
  return {
    env,
    existing,
    changed: changed.map(({ key }) => key),
    templates,
    adminUser: textOf(settings, 'ADMIN_USER'),
  };
}

/**
 * What the wanted `.env` comes to. Renders everything, with secrets that are missing stood in for:
 * throws for what `up` would refuse, and `conflict` for an edit that would be replaced.
 */
async function previewInit(
  context: AppContext,
  env: EnvFile,
): Promise<Pick<InitResult, 'secretsCreated' | 'missing'>> {
  const prepared = await prepareProject(context, env);
  const { secrets, report } = await previewSecrets(prepared);
  await requireFloor(context, { ...prepared, secrets });
  if (report.missing.length === 0) {
    const { plan } = await planPrepared(context, { ...prepared, secrets }, noFacts);
    refuseEdits(plan);
  }
  return { secretsCreated: report.created, missing: report.missing };
}

async function refuseForeign({ world, location }: AppContext): Promise<void> {
  const { directory } = location;
  const real = (await world.files.realPath(directory)) ?? directory;
  if (real === '/' || real === (world.env['HOME'] ?? homedir())) {
    throw new JackerError('usage', {
      what: 'is no place for a project',
      where: { file: real },
      hint: 'Make a folder for it: mkdir platform && cd platform && jacker init',
    });
  }
  if ((await world.files.facts(join(directory, recordsFolder))) !== null) return;
  const foreign: string[] = [];
  for (const name of generatedNames) {
    if ((await world.files.facts(join(directory, name))) !== null) foreign.push(name);
  }
  if (foreign.length === 0) return;
  throw new JackerError(
    'conflict',
    foreign.map((name) => ({
      what: 'is here already and was not made by Jacker; it would be overwritten',
      where: { file: join(directory, name) },
      hint: 'Choose an empty folder with -C.',
    })),
  );
}
