import { join } from 'node:path';
import {
  formatImageReference,
  parseImageReference,
  withMirror,
} from '../docker/image-reference.ts';
import type { ImageLock } from '../docker/image-lock.ts';
import { readWrittenLock } from '../docker/image-lock-lines.ts';
import type { Stack, StackService } from '../catalog/stack.ts';
import { JackerError } from '../error.ts';
import type { ServiceOverride } from '../harden/override.ts';
import { readProjectFile } from '../io/project-file.ts';
import { createCompiledEngine } from '../render/compiled-template.ts';
import {
  renderProject,
  type RenderedProject,
  type RenderInputs,
} from '../render/render-project.ts';
import type { HostFacts } from '../render/compose-file.ts';
import { assignGroups } from '../secrets/groups.ts';
import { operatorOf, wantedOwnership } from '../secrets/ownership.ts';
import type { Ownership } from '../secrets/groups.ts';
import { refuseUnfit } from '../secrets/refuse-unfit.ts';
import { authorityFiles, type SecretSpec } from '../secrets/specification.ts';
import { openSecretStore, type SecretStore } from '../secrets/store.ts';
import { writingHint } from '../secrets/writing-hint.ts';
import { secretVersion } from '../secrets/version.ts';
import type { EnvFile } from '../settings/env-file.ts';
import { textOf } from '../settings/definition.ts';
import { isListType } from '../settings/forms.ts';
import { plainDigest } from '../state/digest.ts';
import type { AppContext } from './app-context.ts';
import { readOverrides } from './floor.ts';
import { imageSetting, loadProject, type Project } from './project.ts';

/** The file that pins every image, in the project folder. */
export const imageLockFile = 'images.lock';

/** A project with its secrets opened: what rendering needs. */
export interface PreparedProject {
  project: Project;
  secrets: SecretStore;
  specs: readonly SecretSpec[];
  /** Keys the identifiers of secrets in labels and manifests. */
  versionKey: Uint8Array;
  ownership: ReadonlyMap<string, Ownership>;
  host: HostFacts;
  imageLock: ImageLock;
  /** What the files under `overrides/` say, by service; checked against the floor. */
  overrides: ReadonlyMap<string, ServiceOverride>;
}

/** The specifications of the stack's secrets; the authority's own two are not among them. */
export function secretSpecs(stack: Stack): SecretSpec[] {
  return stack.secrets.flatMap((secret): SecretSpec[] => {
    if (secret.kind === 'authority' || secret.kind === 'authority-key') return [];
    const rendered = secret.kind === 'rendered';
    return [
      {
        name: secret.name,
        kind: secret.kind === 'rendered' ? 'given' : secret.kind,
        help: secret.help,
        owner: secret.owner,
        ...(secret.length === undefined ? {} : { length: secret.length }),
        ...(secret.of === undefined ? {} : { of: secret.of }),
        ...(secret.user === undefined ? {} : { user: secret.user }),
        ...(secret.names === undefined ? {} : { names: secret.names }),
        ...(rendered ? { rendered } : {}),
      },
    ];
  });
}

/** The secret store of a project. */
export function projectSecrets(context: AppContext, project: Project): SecretStore {
  return openSecretStore(context.world, {
    directory: project.directory,
    name: project.stack.project,
    permittedNames: [
      project.stack.domain,
      ...[...project.catalog.values()].flatMap((definition) =>
        definition.manifest.secrets.flatMap((secret) =>
          (secret.names ?? []).filter((name) => !name.includes('{{')),
        ),
      ),
    ],
  });
}

/**
 * Loads a project and opens what rendering it needs. Writes nothing: who goes on to write what is
 * rendered uses {@link keepVersionKey} first. Throws `secret-invalid` for secrets that no service
 * could use.
 *
 * @param env the settings to assume, where they are not those of the file
 */
export async function prepareProject(context: AppContext, env?: EnvFile): Promise<PreparedProject> {
  const { world, root, location } = context;
  const project = await loadProject(world, root, location, env);
  const overrides = await readOverrides(world.files, project);
  const secrets = projectSecrets(context, project);
  const specs = secretSpecs(project.stack);
  await refuseUnfit(secrets, specs);
  const lockPath = join(project.directory, imageLockFile);
  const lockText = await readProjectFile(world.files, lockPath, imageLockFile, 'project-invalid');
  return {
    project,
    secrets,
    specs,
    // Before the project has one there is nothing that a version could be compared with.
    versionKey: (await secrets.storedVersionKey()) ?? world.random.bytes(32),
    ownership: wantedOwnership(
      project.stack.project,
      specs,
      await operatorOf(world.files, secrets.folder, world.identity),
    ),
    host: { socketGroup: await socketGroup(context, project) },
    imageLock: readWrittenLock(lockText ?? '') ?? (await readEditedLock(lockText ?? '')),
    overrides,
  };
}

async function readEditedLock(text: string): Promise<ImageLock> {
  const { parseImageLock } = await import('../docker/image-lock.ts');
  return parseImageLock(text, imageLockFile);
}

/** A prepared project whose key of secret versions is kept, so that the next run uses the same. */
export async function keepVersionKey(prepared: PreparedProject): Promise<PreparedProject> {
  return { ...prepared, versionKey: await prepared.secrets.versionKey() };
}

/** The image that a service runs, by tag: another one by setting, from the mirror where one is set. */
export function imageReference(project: Project, service: StackService): string {
  const chosen = textOf(project.settings, imageSetting(service.definition.name));
  const reference = chosen || (service.definition.fragment.image ?? '');
  const mirror = textOf(project.settings, 'IMAGE_MIRROR');
  return mirror ? withMirror(reference, mirror) : reference;
}

/** A reference with the digest that it is pinned to. */
export function pinned(reference: string, lock: ImageLock): string {
  const digest = lock[reference];
  if (digest === undefined || reference.includes('@')) return reference;
  return formatImageReference({ ...parseImageReference(reference), digest }, 'short');
}

/**
 * Renders a prepared project from the secrets as they are now. Throws `secret-missing` with every
 * secret that is needed and not there.
 */
export async function renderPrepared(prepared: PreparedProject): Promise<RenderedProject> {
  const { project, secrets, specs } = prepared;
  const values = new Map<string, string>();
  const names = specs.filter((spec) => !spec.rendered).map((spec) => spec.name);
  if (
    project.stack.secrets.some((secret) => secret.kind === 'authority' && secret.readers.length > 0)
  ) {
    names.push(authorityFiles.certificate);
  }
  await Promise.all(
    names.map(async (name) => {
      const value = await secrets.read(name);
      if (value !== null) values.set(name, value);
    }),
  );
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) {
    throw new JackerError(
      'secret-missing',
      missing.map((name) => {
        const spec = specs.find((one) => one.name === name);
        const file = `secrets/${name}`;
        return {
          what: 'is missing',
          where: { file },
          ...(spec ? { why: spec.help } : {}),
          hint: spec?.kind === 'given' ? writingHint(spec, file) : 'Run jacker secrets generate.',
        };
      }),
    );
  }
  return renderProject({
    stack: project.stack,
    settings: completeSettings(project),
    host: prepared.host,
    templates: project.templates,
    readSecret: (name) => values.get(name) ?? '',
    engineOf: await templateEngines(project),
    groups: assignGroups(
      project.stack.project,
      specs.map((spec) => spec.name),
    ),
    imageOf: (service) => pinned(imageReference(project, service), prepared.imageLock),
    digest: (path, content, secret) =>
      secret ? secretVersion(prepared.versionKey, path, content) : plainDigest(content),
    overrides: prepared.overrides,
  });
}

/**
 * The engines that render the project's templates: those which the build has compiled or, where
 * the project has templates of its own or nothing was built, the full ones.
 */
async function templateEngines(project: Project): Promise<RenderInputs['engineOf']> {
  const compiled = project.compiledTemplates?.() ?? {};
  const needed = project.stack.services.flatMap((service) =>
    service.configs.map((config) => `config/${config.folder}/${config.declaration.template}`),
  );
  if (needed.every((file) => !file.endsWith('.hbs') || file in compiled)) {
    return (format) => createCompiledEngine(format, compiled);
  }
  const { createTemplateEngine } = await import('../render/template.ts');
  return createTemplateEngine;
}

/** Templates see every setting; an unset one is '', or an empty list. */
function completeSettings(project: Project): Project['settings'] {
  const empty = Object.fromEntries(
    project.definitions.map(({ key, type }) => [key, isListType(type) ? [] : '']),
  );
  return { ...project.settings, values: { ...empty, ...project.settings.values } };
}

async function socketGroup(context: AppContext, project: Project): Promise<number | null> {
  if (!project.stack.services.some((service) => service.definition.manifest.socket)) return null;
  const given = project.settings.values['DOCKER_GROUP_ID'];
  if (typeof given === 'number') return given;
  const socket = textOf(project.settings, 'DOCKER_SOCKET');
  const real = (await context.world.files.realPath(socket)) ?? socket;
  const facts = await context.world.files.facts(real);
  if (facts) return facts.gid;
  throw new JackerError('settings-invalid', {
    what: `there is no engine socket at ${socket}`,
    where: { file: project.envPath, key: 'DOCKER_SOCKET' },
    hint: "Set DOCKER_SOCKET to the socket's path on the engine's host, and DOCKER_GROUP_ID where that is another machine.",
  });
}
