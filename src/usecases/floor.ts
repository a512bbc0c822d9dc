import { join } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { JackerError, type ErrorLocation, type Problem } from '../error.ts';
import type { AppContext } from './app-context.ts';
import type { Project } from './project.ts';

/**
 * What an override may not say about a service, and why. An override adds or changes what the
 * manifests leave open; the baseline is not open.
 */
const guarded: Readonly<Record<string, string>> = {
  privileged: 'a privileged container owns the host',
  cap_add: 'capabilities come back only by an exception in a manifest',
  cap_drop: 'capabilities are dropped by the baseline',
  security_opt: 'no-new-privileges and the default seccomp profile stay',
  read_only: 'the root file system stays read-only; declare a place to write instead',
  deploy: 'limits come from the manifest: resources',
  image: 'images are pinned; set NAME_IMAGE in .env',
  labels: 'Jacker recognises containers by their labels',
  user: 'the image runs as its own unprivileged user',
  userns_mode: 'the container keeps its user namespace',
  pid: 'the container keeps its process namespace',
  ipc: 'the container keeps its IPC namespace',
  uts: 'the container keeps its host name namespace',
  cgroup: 'the container keeps its cgroup namespace',
  cgroup_parent: 'limits come from the baseline',
  network_mode: 'networks follow from the manifest',
  networks: 'networks follow from the manifest',
  ports: 'only the edge router publishes ports',
  devices: 'no container gets a device of the host',
  device_cgroup_rules: 'no container gets a device of the host',
  group_add: 'group access to secrets follows from the manifest',
  pids_limit: 'limits come from the manifest: resources.pids',
  mem_limit: 'limits come from the manifest: resources.memory',
  memswap_limit: 'limits come from the manifest: resources.memory',
  oom_kill_disable: 'a container out of memory must end',
  healthcheck: 'the health check decides whether an update is kept',
  logging: 'logs stay bounded',
  sysctls: 'kernel settings stay as they are',
  secrets: 'secrets follow from the manifest',
  volumes_from: 'mounts follow from the manifest',
  volumes: 'mounts follow from the manifest: writes and config',
  tmpfs: 'mounts follow from the manifest: writes',
  extends: 'an override is complete in itself',
  env_file: 'values are final; use environment',
};

/**
 * Refuses overrides that touch what the baseline decides. Throws `override-invalid` with each
 * place, and where an override adds a service that Jacker does not know.
 */
export async function checkFloor(context: AppContext, project: Project): Promise<void> {
  const problems: Problem[] = [];
  const known = new Set(project.stack.services.map((service) => service.name));
  for (const file of project.overrides) {
    const text = (await context.world.files.readText(join(project.directory, file))) ?? '';
    problems.push(...overrideProblems(file, text, known));
  }
  if (problems.length > 0) throw new JackerError('override-invalid', problems);
}

/** Every problem of one override file, with line and key. */
export function overrideProblems(
  file: string,
  text: string,
  known: ReadonlySet<string>,
): Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (node: unknown, key: string): ErrorLocation => {
    const range = isScalar(node) ? node.range : undefined;
    const position = range ? lines.linePos(range[0]) : undefined;
    return { file, line: position?.line ?? 1, column: position?.col ?? 1, key };
  };
  if (document.errors.length > 0) {
    return document.errors.map((error) => ({
      what: error.message.split('\n')[0] ?? 'is not valid YAML',
      where: { file, line: error.linePos?.[0].line ?? 1, column: error.linePos?.[0].col ?? 1 },
      hint: 'An override is a Compose file.',
    }));
  }
  if (document.contents === null) return [];
  if (!isMap(document.contents)) {
    return [
      { what: 'is not a Compose file', where: { file, line: 1 }, hint: 'Begin with services:' },
    ];
  }
  const problems: Problem[] = [];
  for (const section of document.contents.items) {
    const name = isScalar(section.key) ? String(section.key.value) : '';
    if (name !== 'services') {
      problems.push({
        what: 'may not be overridden',
        where: at(section.key, name),
        hint: 'An override changes keys of services only.',
      });
      continue;
    }
    if (!isMap(section.value)) continue;
    for (const service of section.value.items) {
      const serviceName = isScalar(service.key) ? String(service.key.value) : '';
      if (!known.has(serviceName)) {
        problems.push({
          what: 'is not a service of this project',
          where: at(service.key, `services.${serviceName}`),
          hint: 'Add a service of your own as services/NAME.yml with an x-jacker block.',
        });
        continue;
      }
      if (!isMap(service.value)) continue;
      for (const pair of service.value.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : '';
        const why = guarded[key];
        if (why === undefined) continue;
        problems.push({
          what: 'would weaken the baseline',
          where: at(pair.key, `services.${serviceName}.${key}`),
          why,
          hint: 'Take the line out. What a service really needs goes into its manifest, with a reason.',
        });
      }
    }
  }
  return problems;
}
