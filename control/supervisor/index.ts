export { type Finding, Supervisor } from './supervisor.ts';
