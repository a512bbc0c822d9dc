import { homedir } from 'node:os';
import { join } from 'node:path';
import { JackerError } from '../error.ts';
import { applyDirectly, canApplyDirectly, ownershipFixes } from '../secrets/ownership.ts';
import { setInEnv } from '../settings/edit.ts';
import { parseEnvFile } from '../settings/env-file.ts';
import { resolveSettings } from '../settings/resolve.ts';
import { checkSettings } from '../catalog/check-settings.ts';
import { resolveStack } from '../catalog/resolve-stack.ts';
import { recordsFolder } from '../state/layout.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { readEnvFile, type SettingChange } from './config.ts';
import { prepareProject, projectSecrets, secretSpecs } from './prepare.ts';
import { loadCatalog, loadProject, settingDefinitions } from './project.ts';
import { writeRendered } from './write-rendered.ts';

/** What {@link init} did. */
export interface InitResult {
  directory: string;
  /** Files of the user's own that were made. */
  created: readonly string[];
  /** Settings that were written. */
  changed: readonly string[];
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
 * Throws `conflict` where the folder holds somebody else's Compose project.
 */
export async function init(
  context: AppContext,
  options: { settings: readonly SettingChange[]; dryRun: boolean },
): Promise<InitResult> {
  const { world, location, root } = context;
  const { files } = world;
  const { directory, envPath } = location;
  await refuseForeign(context);
  const { catalog, files: templates } = await loadCatalog(world, root, directory);
  const definitions = settingDefinitions(catalog);
  const existing = await readEnvFile(files, envPath);
  let text = existing?.text ?? templates.get('templates/project/env') ?? '';
  const before = existing ? new Map(existing.entries.map(({ key, value }) => [key, value])) : null;
  const changed = options.settings.filter(({ key, value }) => before?.get(key) !== value);
  for (const { key, value } of changed) text = setInEnv(text, key, value ?? '', definitions);
  // The whole result is checked before a single byte is written.
  const env = parseEnvFile(new TextEncoder().encode(text), envPath);
  const settings = resolveSettings(env, definitions);
  checkSettings(settings, envPath, env);
  const stack = resolveStack(catalog, settings);
  const created: string[] = [];
  for (const path of Object.keys(startFiles)) {
    if ((await files.facts(join(directory, path))) === null) created.push(path);
  }
  if (!existing) created.unshift('.env');
  const result = { directory, changed: changed.map(({ key }) => key) };
  if (options.dryRun) return { ...result, created, secretsCreated: [], missing: [] };

  await files.makeDirectory(directory, 0o755);
  const lock = await acquireLock(world, directory, 'init');
  let report;
  try {
    if (!existing || changed.length > 0) {
      const mode = (await files.facts(envPath))?.mode ?? 0o600;
      await files.write(envPath, text, { mode });
    }
    for (const path of created) {
      const content = templates.get(startFiles[path] ?? '');
      if (content === undefined) continue;
      await files.makeDirectory(join(directory, path, '..'), 0o755);
      await files.write(join(directory, path), content, { mode: 0o644 });
    }
    const project = await loadProject(world, root, location);
    report = await projectSecrets(context, project).ensure(
      secretSpecs(stack).filter((spec) => !spec.rendered),
    );
  } finally {
    await lock.release();
  }
  if (report.missing.length === 0) {
    await writeRendered(context);
    // What this process may not set, `up` has set by a container.
    const { secrets, ownership } = await prepareProject(context);
    const fixes = await ownershipFixes(files, secrets.folder, ownership);
    await applyDirectly(
      files,
      fixes.filter((fix) => canApplyDirectly(world.identity, fix)),
    );
  }
  return { ...result, created, secretsCreated: report.created, missing: report.missing };
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
