export { TrafficFollower } from './follow-traffic.ts';
export type { RouteTraffic, SideTraffic } from './side-traffic.ts';
export { type FeatureTraffic, type TrafficReport, TrafficWatch } from './traffic-watch.ts';
