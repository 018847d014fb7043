export { setThrottle, type ThrottleRequest, type ThrottleResult } from './set-throttle.ts';
