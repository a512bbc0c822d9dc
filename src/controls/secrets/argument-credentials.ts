import { hasVariable } from '../compose/service-check.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { StaticModel } from '../control.ts';
import { isCredentialName, isNoSecret } from './credential-names.ts';
import { passwordInAddress } from './environment-credentials.ts';
import { isKnownPassword } from './known-passwords.ts';

/** A credential in a place that everybody who lists containers or processes can read. */
export interface ArgumentCredential {
  /** Option, label or variable; never its value. */
  name: string;
  location: readonly string[];
  isKnown: boolean;
}

/** One word with the place that it stands in. */
interface Word {
  text: string;
  location: readonly string[];
}

const cache = new WeakMap<StaticModel, ReadonlyMap<string, readonly ArgumentCredential[]>>();
const databaseTools = /^(mysql|mysqladmin|mysqldump|mariadb|mariadb-admin|mariadb-dump)$/;
const labelHint = /pass|pwd|secret|token|key|cred|psk|authorization/i;
const option = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/;
const assignment = /^([A-Za-z_]\w*)=(.+)$/;

/** The credentials in commands, entrypoints, labels and build arguments. */
export function argumentCredentials(
  model: StaticModel,
): ReadonlyMap<string, readonly ArgumentCredential[]> {
  const known = cache.get(model);
  if (known) return known;
  const found = new Map(
    viewOf(model).services.map(
      (view) =>
        [
          view.name,
          [...inWords(view, 'command'), ...inWords(view, 'entrypoint')]
            .concat(inLabels(view))
            .concat(inBuild(view)),
        ] as const,
    ),
  );
  cache.set(model, found);
  return found;
}

/** True where a service has any place for such a credential. */
export function hasArguments({ service }: ServiceView): boolean {
  return ['command', 'entrypoint', 'labels', 'build'].some((key) => service[key] !== undefined);
}

function inWords(view: ServiceView, key: 'command' | 'entrypoint'): ArgumentCredential[] {
  return inList(view.service[key], ['services', view.name, key]);
}

function inList(
  list: readonly string[] | string | undefined,
  path: readonly string[],
): ArgumentCredential[] {
  if (list === undefined) return [];
  const items: readonly unknown[] = typeof list === 'string' ? [list] : list;
  const words = items.flatMap((item, index): Word[] => {
    const location = typeof list === 'string' ? path : [...path, String(index)];
    return String(item)
      .split(/[\s;]+/)
      .map((text) => ({ text: text.replace(/^['"]+|['"]+$/g, ''), location }))
      .filter(({ text }) => text !== '');
  });
  return scan(words);
}

function scan(words: readonly Word[]): ArgumentCredential[] {
  const found: ArgumentCredential[] = [];
  let tool = '';
  const add = (name: string, value: string, location: readonly string[]): void => {
    if (isVisible(value)) found.push({ name, location, isKnown: isKnown(value) });
  };
  words.forEach(({ text, location }, index) => {
    const program = text.startsWith('-') ? '' : (text.split('/').at(-1) ?? '');
    if (databaseTools.test(program) || program === 'redis-cli' || program === 'curl')
      tool = program;
    const next = words[index + 1]?.text ?? '';
    const value = next.startsWith('-') ? '' : next;
    const address = passwordInAddress(text);
    if (address !== null) {
      add('a password in an address', address, location);
      return;
    }
    const [, name = '', given] = option.exec(text) ?? [];
    if (name !== '' && (isCredentialName(name) || name === 'masterauth')) {
      add(`--${name}`, unquoted(given ?? value), location);
      return;
    }
    const [, variable = '', assigned = ''] = assignment.exec(text) ?? [];
    if (variable !== '' && isCredentialName(variable)) {
      add(variable, unquoted(assigned), location);
    } else if (databaseTools.test(tool) && /^-p./.test(text)) {
      add(`${tool} -p`, text.slice(2), location);
    } else if (tool === 'redis-cli' && text === '-a') {
      add('redis-cli -a', value, location);
    } else if (tool === 'curl' && text === '-u' && value.includes(':')) {
      add('curl -u', value.slice(value.indexOf(':') + 1), location);
    }
  });
  return found;
}

function inLabels(view: ServiceView): ArgumentCredential[] {
  const found: ArgumentCredential[] = [];
  for (const [label, value] of view.labels) {
    if (!labelHint.test(label) && !value.includes('://')) continue;
    const name = (label.split('.').at(-1) ?? '').replace(/([a-z0-9])([A-Z])/g, '$1_$2');
    // https://gethomepage.dev/configs/docker/#automatic-service-discovery has keys of other
    // services' interfaces in labels.
    const isKey = /(^|\.)widgets?\.(\d+\.)?key$/.test(label) || /^authorization$/i.test(name);
    const password = passwordInAddress(value);
    const holds = isKey || isCredentialName(name);
    if (password === null && !holds) continue;
    const text = password ?? value;
    const location = ['services', view.name, 'labels', label];
    if (isVisible(text)) found.push({ name: label, location, isKnown: isKnown(text) });
  }
  return found;
}

function inBuild(view: ServiceView): ArgumentCredential[] {
  const { build } = view.service;
  if (typeof build !== 'object' || build === null || !('args' in build)) return [];
  const { args } = build;
  const location = ['services', view.name, 'build', 'args'];
  const entries: [string, unknown, readonly string[]][] = Array.isArray(args)
    ? (args as unknown[]).map((entry, index) => {
        const text = String(entry);
        const at = text.indexOf('=');
        const name = at < 0 ? text : text.slice(0, at);
        return [name, at < 0 ? '' : text.slice(at + 1), [...location, String(index)]];
      })
    : typeof args === 'object' && args !== null
      ? Object.entries(args).map(([name, value]) => [name, value, [...location, name]])
      : [];
  return entries.flatMap(([name, value, place]) => {
    const text = typeof value === 'string' ? value : '';
    return isCredentialName(name) && isVisible(text)
      ? [{ name, location: place, isKnown: isKnown(text) }]
      : [];
  });
}

/**
 * True for a value that will stand there for all to read. Where it comes from does not matter: a
 * variable of Compose is filled in before the container starts. A shell's own variable is not.
 */
function isVisible(value: string): boolean {
  if (hasVariable(value)) return true;
  return !/\$[\w({$]|`/.test(value) && !isNoSecret(value);
}

function isKnown(value: string): boolean {
  return !hasVariable(value) && isKnownPassword(value);
}

function unquoted(text: string): string {
  return text.replace(/^['"]+|['"]+$/g, '');
}
