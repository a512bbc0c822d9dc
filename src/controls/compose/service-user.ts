import type { ComposeService } from '../../harden/compose-model.ts';

/** True where a `user` of Compose, with or without a group, is root. */
export function isRoot(user: string): boolean {
  const [name = ''] = user.split(':');
  return name === 'root' || /^0+$/.test(name);
}

/** True where a service names a user that is not root; a variable may be anybody. */
export function isOrdinaryUser({ user = '' }: ComposeService): boolean {
  const [name = ''] = user.split(':');
  return name !== '' && !isRoot(name) && !name.includes('$');
}
