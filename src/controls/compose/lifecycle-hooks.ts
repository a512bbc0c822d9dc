import type { ComposeService } from '../../harden/compose-model.ts';

/** A command that Compose runs in a running container, with rights of its own. */
export interface LifecycleHook {
  key: 'post_start' | 'pre_stop';
  index: number;
  /** Empty: the service's own user. */
  user: string;
  privileged: boolean;
  /** One text, or a list of words, as it is written. */
  command: unknown;
}

/**
 * The hooks of a service. They may run as root, or privileged, in a container that is neither.
 * https://docs.docker.com/compose/how-tos/lifecycle/
 */
export function hooksOf(service: ComposeService): LifecycleHook[] {
  return (['post_start', 'pre_stop'] as const).flatMap((key) => {
    const hooks = service[key];
    if (!Array.isArray(hooks)) return [];
    return (hooks as unknown[]).map((hook, index): LifecycleHook => {
      const { user, privileged, command } = (
        typeof hook === 'object' && hook !== null ? hook : {}
      ) as {
        user?: unknown;
        privileged?: unknown;
        command?: unknown;
      };
      const named = typeof user === 'string' || typeof user === 'number' ? String(user) : '';
      return { key, index, user: named, privileged: privileged === true, command };
    });
  });
}
