import { isMap, isNode, isPair, isScalar, type Pair } from 'yaml';
import type { Problem } from '../error.ts';
import type { ComposeService } from './compose-model.ts';
import { openKeys, programKeys, refusalReasons, strongVariables } from './open-keys.ts';
import type { ServiceOverride } from './override.ts';
import { readYaml } from './yaml-document.ts';
import { entriesOf, notPlain, readForm, type Entry, type Locate } from './plain-yaml.ts';

/** A service as overrides meet it. */
export interface OverridableService {
  fragment: ComposeService;
  /** A service of the user's own: what it runs is open too. */
  own: boolean;
}

/** One override file: what it says by service, and every problem with line and key. */
export function parseOverride(
  file: string,
  text: string,
  services: ReadonlyMap<string, OverridableService>,
): { services: Map<string, ServiceOverride>; problems: Problem[] } {
  const found = new Map<string, ServiceOverride>();
  const { document, lines, problems } = readYaml(
    file,
    text,
    'An override is one Compose document in plain YAML.',
  );
  const at: Locate = (node, key) => {
    const offset = isNode(node) ? node.range?.[0] : undefined;
    const position = offset === undefined ? undefined : lines.linePos(offset);
    return { file, line: position?.line ?? 1, column: position?.col ?? 1, key };
  };
  problems.push(...notPlain(document, at));
  if (problems.length > 0) return { services: found, problems };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { services: found, problems };
  }
  for (const section of entriesOf(contents, at, '', problems)) {
    if (section.name !== 'services') {
      problems.push({
        what: 'may not be overridden',
        where: at(section.key, section.name),
        hint: 'An override changes keys of services only.',
      });
      continue;
    }
    for (const service of entriesOf(section.value, at, 'services', problems)) {
      const known = services.get(service.name);
      if (!known) {
        problems.push({
          what: 'is not a service of this project',
          where: at(service.key, `services.${service.name}`),
          hint: 'Add a service of your own as services/NAME.yml with an x-jacker block.',
        });
        continue;
      }
      found.set(service.name, readService(service, known, services, at, problems));
    }
  }
  return { services: found, problems };
}

function readService(
  service: Entry,
  known: OverridableService,
  services: ReadonlyMap<string, OverridableService>,
  at: Locate,
  problems: Problem[],
): ServiceOverride {
  const override: Record<string, unknown> = {};
  for (const { name, key, value } of entriesOf(
    service.value,
    at,
    `services.${service.name}`,
    problems,
  )) {
    const path = `services.${service.name}.${name}`;
    const form = Object.hasOwn(openKeys, name) ? openKeys[name] : undefined;
    if (form === undefined || (programKeys.has(name) && !known.own)) {
      problems.push({
        what: 'would weaken the baseline',
        where: at(key, path),
        why:
          form === undefined
            ? ((Object.hasOwn(refusalReasons, name) ? refusalReasons[name] : undefined) ??
              'only keys that cannot soften it are open')
            : 'the configuration that carries the hardening is named there',
        hint: 'Take the line out. What a service really needs goes into its manifest, with a reason.',
      });
      continue;
    }
    const read = readForm(form, value);
    if ('wrong' in read) {
      problems.push({
        what: `is not ${read.wrong}`,
        where: at(isNode(value) ? value : key, path),
        hint: 'Write it as the Compose file reference shows it.',
      });
      continue;
    }
    override[name] = read.value;
    const names = typeof read.value === 'object' ? Object.keys(read.value) : [];
    if (form === 'variables' && !known.own) {
      problems.push(
        ...names.flatMap((variable): Problem[] => {
          const why =
            variable === 'TZ' || Object.hasOwn(known.fragment.environment ?? {}, variable)
              ? 'Jacker sets it'
              : strongVariables.find(({ pattern }) => pattern.test(variable))?.why;
          return why === undefined
            ? []
            : [
                {
                  what: 'would weaken the baseline',
                  where: at(keyNode(value, variable) ?? key, `${path}.${variable}`),
                  why,
                  hint: 'Take the line out; see jacker config explain for the settings there are.',
                },
              ];
        }),
      );
    }
    if (form === 'hosts') {
      problems.push(
        ...Object.entries(read.value as Record<string, string>).flatMap(
          ([host, address]): Problem[] => {
            const why = services.has(host)
              ? 'a service of this project has that name'
              : /^[0-9a-f.:]+$/i.test(address)
                ? undefined
                : 'only an address may stand there; host-gateway is the way to the host';
            return why === undefined
              ? []
              : [
                  {
                    what: 'would weaken the baseline',
                    where: at(keyNode(value, host) ?? key, `${path}.${host}`),
                    why,
                    hint: 'Take the line out.',
                  },
                ];
          },
        ),
      );
    }
  }
  return override;
}

function keyNode(value: unknown, name: string): unknown {
  if (!isMap(value)) return undefined;
  const pair = value.items.find((item: Pair) => isScalar(item.key) && item.key.value === name);
  return isPair(pair) ? pair.key : undefined;
}
