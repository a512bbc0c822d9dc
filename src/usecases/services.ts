import { neededServices, selectServices, suggestion } from '../catalog/select-services.ts';
import type { Catalog } from '../catalog/service-definition.ts';
import { JackerError } from '../error.ts';
import { listOf, type Settings } from '../settings/definition.ts';
import { resolveSettings } from '../settings/resolve.ts';
import type { AppContext } from './app-context.ts';
import type { SettingChange } from './config.ts';
import { loadCatalog, settingDefinitions } from './project.ts';
import { applyChanges, previewChanges, requireEnvFile, withLock } from './settings.ts';

/** One service of the catalog for a person. */
export interface ServiceRow {
  name: string;
  title: string;
  description: string;
  category: string;
  enabled: boolean;
  /** Why it is on or off. */
  reason: string;
  /** The services that it cannot work without. */
  needs: string[];
  /** It cannot be turned off. */
  essential: boolean;
}

/** What {@link switchServices} did, or would do. */
export interface ServicesChange {
  /** The settings that changed. */
  changed: string[];
  /** Every service that is on now and was not, what a named one needs included. */
  turnedOn: string[];
  turnedOff: string[];
}

type Context = Pick<AppContext, 'world' | 'root' | 'location'>;

/** Every service that can be chosen, in name order. */
export async function listServices(context: Context): Promise<ServiceRow[]> {
  const { catalog, settings } = await readChoice(context);
  return selectServices(catalog, settings).map(({ definition, enabled, reason }) => ({
    name: definition.name,
    title: definition.manifest.title,
    description: definition.manifest.description,
    category: definition.manifest.category,
    enabled,
    reason,
    needs: neededServices(definition),
    essential: definition.manifest.essential,
  }));
}

/**
 * Turns services on or off in SERVICES_ENABLED and SERVICES_DISABLED; what the preset says anyway
 * is not written. Throws `service-unknown`, and `settings-invalid` where a service cannot be
 * turned off because it is essential or another one needs it; `lock-held` while another command is
 * at work.
 */
export async function switchServices(
  context: Context,
  verb: 'enable' | 'disable',
  names: readonly string[],
  options: { dryRun: boolean },
): Promise<ServicesChange> {
  const shown = ({ changed, turnedOn, turnedOff }: ServicesChange): ServicesChange => ({
    changed,
    turnedOn,
    turnedOff,
  });
  const planned = await planSwitch(context, verb, names);
  if (options.dryRun) return shown(planned);
  return withLock(context, `services ${verb}`, async () => {
    const now = await planSwitch(context, verb, names);
    await applyChanges(context, now.changes);
    return shown(now);
  });
}

/** What has to change for the names to be on or off, and what that comes to. */
async function planSwitch(
  context: Context,
  verb: 'enable' | 'disable',
  names: readonly string[],
): Promise<ServicesChange & { changes: SettingChange[] }> {
  const { catalog, settings, env, definitions } = await readChoice(context);
  const selectable = [...catalog.values()]
    .filter(({ manifest }) => !manifest.perConsumer)
    .map(({ name }) => name);
  const unknown = names.filter((name) => !selectable.includes(name));
  if (unknown.length > 0) {
    throw new JackerError(
      'service-unknown',
      unknown.map((name) => ({
        what: `there is no service ${JSON.stringify(name)}`,
        hint: suggestion(name, selectable),
      })),
    );
  }
  const before = namesOn(catalog, settings);
  const project = { env, envPath: context.location.envPath, catalog, definitions };
  // First without the names in either list: what the preset turns on or off needs no entry.
  const bare = listChanges(settings, {
    SERVICES_ENABLED: without(listOf(settings, 'SERVICES_ENABLED'), names),
    SERVICES_DISABLED: without(listOf(settings, 'SERVICES_DISABLED'), names),
  });
  const wanted = verb === 'enable';
  const byPreset = namesOn(catalog, previewSelection(project, bare) ?? settings);
  const explicit = names.filter((name) => byPreset.has(name) !== wanted);
  const key = wanted ? 'SERVICES_ENABLED' : 'SERVICES_DISABLED';
  const changes = listChanges(settings, {
    SERVICES_ENABLED: without(listOf(settings, 'SERVICES_ENABLED'), names),
    SERVICES_DISABLED: without(listOf(settings, 'SERVICES_DISABLED'), names),
    [key]: [...without(listOf(settings, key), names), ...new Set(explicit)],
  });
  const preview = previewChanges(project, changes);
  const after = namesOn(catalog, preview.settings);
  return {
    changes,
    changed: preview.changed,
    turnedOn: [...after].filter((name) => !before.has(name)),
    turnedOff: [...before].filter((name) => !after.has(name)),
  };
}

/** The settings after changes that may turn off what is needed; null where they are not valid. */
function previewSelection(
  project: Parameters<typeof previewChanges>[0],
  changes: readonly SettingChange[],
): Settings | null {
  try {
    return previewChanges(project, changes).settings;
  } catch (error) {
    if (error instanceof JackerError) return null;
    throw error;
  }
}

function namesOn(catalog: Catalog, settings: Settings): Set<string> {
  return new Set(
    selectServices(catalog, settings)
      .filter(({ enabled }) => enabled)
      .map(({ definition }) => definition.name),
  );
}

/** Changes for the lists that differ from now; an empty list takes its line out. */
function listChanges(
  settings: Settings,
  lists: Readonly<Record<string, readonly string[]>>,
): SettingChange[] {
  return Object.entries(lists)
    .filter(([key, names]) => names.join() !== listOf(settings, key).join())
    .map(([key, names]) => ({ key, value: names.length === 0 ? null : names.join(',') }));
}

function without(list: readonly string[], names: readonly string[]): string[] {
  return list.filter((name) => !names.includes(name));
}

async function readChoice(context: Context) {
  const { catalog } = await loadCatalog(context.world, context.root, context.location.directory);
  const definitions = settingDefinitions(catalog);
  const env = await requireEnvFile(context);
  return { catalog, definitions, env, settings: resolveSettings(env, definitions) };
}
