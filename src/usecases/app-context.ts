import type { World } from '../io/world.ts';
import type { ProjectLocation } from './project.ts';

/** Where a running use case says what it does; nothing of it is a result. */
export interface Reporter {
  /** A step began. */
  step(text: string): void;
  /** A service's container changed its state. */
  progress(service: string, state: string): void;
  /** Something a person should know. */
  note(text: string): void;
}

/** What every use case gets. */
export interface AppContext {
  world: World;
  /** The installed package's folder. */
  root: string;
  location: ProjectLocation;
  reporter: Reporter;
}
