import { type DescribedSchema, describeSchema } from './describe.ts';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';

/**
 * Schemas in the likeness of widely used applications: as many tables, with foreign keys, cascades, keys, triggers and types of their kind. Their names and columns are
 * ours.
 */
export const schemas: readonly DescribedSchema[] = [
  // No foreign keys at all; indexes over the beginnings of long text.
  describeSchema(
    'a blog',
    utf8,
    `
    each post comment term user: $_meta ## $_id:I* meta_key:s255? meta_value:T? *(meta_key(191))
    posts ## author:I* created:d content:T title:t excerpt:t status:s20 slug:s200 parent:I menu_order:i mime:s100 *(slug(191)) *(status,created,id) *(parent)
    comments ## post:I* author:t mail:s100 url:s200 ip:s100 created:d content:t karma:i approved:s20 parent:I *(approved,created) *(mail(10))
    users ## login:s60* pass:s255 nicename:s50* mail:s100* registered:d status:i
    options ## name:s191! value:T autoload:s20
    terms ## name:s200 slug:s200 *(slug(191)) *(name(191))
    term_taxonomy ## term:I taxonomy:s32* description:T parent:I count:i !(term,taxonomy)
    term_relationships (object,taxonomy) object:I taxonomy:I term_order:i *(taxonomy)
    links ## url:s255 name:s255 visible:s20* owner:I rating:i notes:t
    blogs ## site:I domain:s200 path:s100 registered:d updated:d public:b *(domain(50),path(5))
    blog_versions (blog) blog:I db_version:s20 updated:d
    registration_log ## mail:s255 ip:s30 blog:I registered:d
    signups ## domain:s200 path:s100 title:T login:s60 mail:s100* key:s50 active:b meta:T?
    site ## domain:s200 path:s100 *(domain(140),path(51))
    site_meta ## site:I* meta_key:s255? meta_value:T? *(meta_key(191))
    `,
  ),
  // Bytes for text, keys of several columns, no foreign keys, an index for searches.
  describeSchema(
    'a wiki',
    'DEFAULT CHARACTER SET binary',
    `
    page # ns:i title:x255 redirect:b random:f touched:X14 links_updated:x14? latest:i length:i model:x32? lang:x35? !(ns,title) *(random) *(length)
    revision ## page:i* comment:I actor:I* stamped:X14* minor:b deleted:b length:i? parent:i? sha:x32 *(page,stamped) *(actor,stamped,id)
    each category page language template image external interwiki: $_links ## from_page:i ns:i title:x255 !(from_page,ns,title) *(ns,title,from_page)
    each archive old_image file_archive: $ ## ns:i title:x255 stamped:X14* actor:I comment:I deleted:b data:B? sha:x32* *(ns,title,stamped)
    each content slot_role content_model change_tag_def: $_names # name:x64!
    content ## size:i sha:x32 model:i address:x255
    slots (revision,role) revision:I role:i content:I origin:I *(revision,origin,role)
    actor ## user:i?! name:x255!
    comment ## hash:i* text:B data:B?
    users # name:x255! real:x255 password:B newpassword:B mail:x255 touched:X14 token:X32 registration:x14? editcount:i? *(mail(50))
    each groups former_groups: user_$ (user,grp) user:i grp:x255 expiry:x14? *(grp)
    each properties newtalk autocreate: user_$ (user,property) user:i property:x255 value:B?
    each watch expiring_watch: $_list ## user:i ns:i title:x255 notified:x14? !(user,ns,title) *(ns,title,user)
    recent_changes ## stamped:X14* actor:I comment:I ns:i title:x255 minor:b bot:b old_id:i last_id:i type:i patrolled:b ip:x40 log:i params:B? *(ns,title,stamped) *(actor,stamped)
    logging ## type:x32 action:x32 stamped:X14 actor:I ns:i title:x255 page:i? comment:I params:B deleted:b *(type,stamped) *(actor,stamped) *(ns,title,stamped)
    log_search (field,value,log) field:x32 value:x255 log:I *(log)
    image (name) name:x255 size:i width:i height:i metadata:B bits:i media:e(UNKNOWN|BITMAP|DRAWING|AUDIO|VIDEO)? major:e(unknown|application|image)? minor:x100 comment:I actor:I* stamped:x14* sha:x32*
    upload_stash # user:i key:x255! orig:x255 path:x255 stamped:x14* status:x50 chunk:i? size:i width:i? height:i? sha:x31
    category # title:x255! pages:i* subcats:i files:i
    redirect (page) page:i ns:i title:x255 interwiki:x32? fragment:x255? *(ns,title,page)
    each object l10n module: $_cache (key_name,lang) key_name:x255 lang:x35 value:B? expires:X14*
    query_cache ## type:x32 value:i ns:i title:x255 *(type,value)
    query_cache_two ## type:x32 value:i ns:i title:x255 ns_two:i title_two:x255 *(type,value)
    query_cache_info (type) type:x32 stamped:X14
    job # cmd:x60 ns:i title:x255 stamped:x14? params:B random:i attempts:i token:x32 token_stamped:x14? sha:x32* *(cmd,ns,title,params(128))
    page_props (page,property) page:i property:x60 value:B sortkey:f? *(property,page) !(property,sortkey,page)
    page_restrictions # page:i type:x60 level:x60 cascading:b expiry:x14? !(page,type) *(type,level)
    protected_titles (ns,title) ns:i title:x255 user:i reason:I stamped:X14* expiry:x14 perm:x60
    ip_blocks # address:x255 user:i by_actor:I reason:I stamped:X14* auto:b anon:b expiry:x14* range_start:x255 range_end:x255 !(address(255),user,auto) *(range_start(8),range_end(8))
    block_restrictions (block,type,value) block:i type:b value:i *(type,value)
    ip_changes (revision) revision:I stamped:X14* hex:x35 *(hex,stamped)
    bot_passwords (user,app) user:i app:x32 password:B token:X32 restrictions:B grants:B
    change_tag # rc:i? log:i? rev:i? params:B? tag:i !(rc,tag) !(log,tag) !(rev,tag) *(tag,rc,rev,log)
    sites # global:x64! type:x32* group_name:x32* source:x32 language:x35 protocol:x32 domain:x255 data:B forward:b config:B
    site_identifiers (type,key_name) type:x32 key_name:x32 site:i*
    site_stats (row) row:i edits:I? good:I? pages:I? users:I? active:I? images:I?
    interwiki (prefix) prefix:x32 url:B api:B wiki:x64 local:b trans:b
    text_table # body:B flags:B
    search_index - page:i! title:s255 text:T
    update_log (key_name) key_name:x255 value:B?
    external_users (site,user) site:x64 user:i name:x255 *(name)
    sql ALTER TABLE search_index ENGINE = MyISAM
    `,
  ),
  // Keys that follow an update of the parent's; triggers that keep a text table.
  describeSchema(
    'a film shop',
    utf8,
    `
    each country language category actor: $ # name:s50* updated:D
    city # name:s50 country>^country updated:D
    address # line:s50 line_two:s50? district:s20 city>^city post_code:s10? phone:s20 location:g updated:D
    film # title:s128* description:t? year:y? language>^language original>^language? days:i rate:n minutes:i? rating:e(G|PG|R)? special:S(Trailers|Commentaries|Scenes)? updated:D
    film_actor (actor,film) actor>^actor film>^film updated:D
    film_category (film,category) film>^film category>^category updated:D
    film_text # title:s255 description:t?
    inventory # film>^film store>^store updated:D *(store,film)
    store # manager>^staff! address>^address updated:D
    staff # first:s45 last:s45 address>^address picture:B? mail:s50? store>^store active:b login:s16 password:s40? updated:D
    customer # store>^store first:s45 last:s45* mail:s50? address>^address active:b created:d updated:D
    rental # rented:d inventory>^inventory customer>^customer returned:d? staff>^staff updated:D !(rented,inventory,customer)
    payment # customer>^customer staff>^staff rental>~rental? amount:n paid:d updated:D
    sql CREATE TRIGGER film_made AFTER INSERT ON film FOR EACH ROW INSERT INTO film_text (id, title, description) VALUES (NEW.id, NEW.title, NEW.description)
    sql CREATE TRIGGER film_gone AFTER DELETE ON film FOR EACH ROW DELETE FROM film_text WHERE id = OLD.id
    sql CREATE TRIGGER customer_made BEFORE INSERT ON customer FOR EACH ROW SET NEW.created = NOW()
    `,
  ),
  describeSchema(
    'a server panel',
    utf8,
    `
    locations # short:s191! long:s191 created:D?
    nodes # uuid:c36! public:b name:s191 location>locations scheme:s191 memory:i disk:i created:D?
    users # uuid:c36! name:s191! mail:s191! password:t language:c5 root:b totp:b secret:t? created:D?
    each api_keys user_ssh_keys recovery_tokens: $ # user>>users token:t memo:t? used:D?
    nests # uuid:c36! author:s191 name:s191 description:t?
    eggs # uuid:c36! nest>>nests name:s191 features:j? config_from>~eggs? script_from>~eggs? startup:t?
    egg_variables # egg>>eggs name:s191 env:s191 value:t rules:t?
    allocations # node>>nodes ip:s191 port:i server>~servers? notes:s191? !(node,ip,port)
    servers # uuid:c36! short:c8! node>nodes name:s191 owner>users memory:i disk:i allocation>allocations! nest>nests egg>eggs startup:t skip:b status:s191? external:s191?!
    server_variables # server>>servers? variable>>egg_variables value:t
    server_transfers # server>>servers old_node:i new_node:i ok:b? additional:j?
    mounts # uuid:c36! name:s191! source:s191 target:s191 read_only:b
    each egg node server: mount_$ (mount,$_id) mount:i $_id:i !($_id,mount)
    subusers # user>>users server>>servers permissions:j?
    permissions # subuser>>subusers permission:s191
    database_hosts # name:s191 host:s191 port:i username:s191 password:t max_databases:i? node>~nodes?
    databases ## server>servers host>database_hosts name:s191 username:s191 remote:s191 password:t !(host,server,name) !(host,username)
    schedules # server>>servers name:s191 cron:s191 active:b last_run:D?
    tasks # schedule>>schedules sequence:i action:s191 payload:t queued:b *(schedule,sequence)
    backups ## server>>servers uuid:c36! ok:b name:s191 ignored:t disk:s191 bytes:I completed:D? deleted:D?
    activity_logs ## batch:c36? event:s191* ip:s191 description:t? actor_type:s191? actor_id:I? properties:j stamped:D *(actor_type,actor_id)
    activity_log_subjects ## log>>activity_logs subject_type:s191 subject_id:I *(subject_type,subject_id)
    audit_logs ## uuid:c36 user>~users? server>>servers? action:s191 device:j metadata:j *(action,server)
    each settings: $ # key_name:s191! value:t
    sessions - id:s191! user:i? ip:s45? agent:t? payload:t activity:i
    failed_jobs # connection:t queue:t payload:T failed:D exception:t
    jobs ## queue:s191 payload:T attempts:i reserved:i? available:i created:i *(queue,reserved)
    notifications u# type:s191 notifiable_type:s191 notifiable_id:I data:t read_at:D? *(notifiable_type,notifiable_id)
    password_resets - mail:s191* token:s191* created:D
    tasks_log # task>>tasks status:s191 run:D? ended:D?
    migrations # migration:s191 batch:i
    `,
  ),
  describeSchema(
    'a tracker',
    utf8,
    `
    each groups internals bot_types warn_types donation_packages: $ # name:s191! slug:s191? position:i icon:s191?
    users # username:s191! mail:s191! passkey:s191* password:s191 grp>groups internal>~internals? uploaded:I downloaded:I seedbonus:n about:t? created:D? deleted:d?
    each audits user_notes user_activations user_notifications user_privacy user_settings invites applications api_tokens email_updates failed_logins password_resets: $ # user>>users title:s255? data:j? created:D?
    each bookmarks_list follows gifts donations warnings bon_transactions thanks_given blocked_ips announces_log rss_feeds: $ # user>>users other>~users? amount:n? message:t? created:D?
    each categories types resolutions regions distributors languages genres keywords companies networks collections persons: $ # name:s191* slug:s191? position:i?
    each movies tv_shows: $ # tmdb:i imdb:i? title:s255* overview:t? released:d? votes:f poster:s255? collection>~collections?
    seasons # show>>tv_shows number:i name:s255? overview:t? !(show,number)
    episodes # season>>seasons number:i name:s255? overview:t? aired:d? !(season,number)
    each movies tv_shows: company_$ (company,title) company:i title:i
    each genre keyword person network recommendation: movie_$ # movie>>movies $_id:i character_name:s255? !(movie,$_id)
    each genre keyword person network recommendation: show_$ # tv>>tv_shows $_id:i character_name:s255? !(tv,$_id)
    torrents # name:s255 slug:s191? description:t info_hash:X20! file_name:s255 files:i size:I category>categories type>types resolution>~resolutions? region>~regions? distributor>~distributors? user>users moderated_by>~users? movie>~movies? tv>~tv_shows? anon:b status:i free:i created:D? deleted:d? *(size) *(status,created)
    torrent_files # torrent>>torrents name:s255 size:I
    each subtitles mediainfos featured_torrents torrent_requests_filled torrent_trumps torrent_reseeds torrent_moderation: $ # torrent>>torrents user>~users? language>~languages? note:t? created:D?
    each bookmarks history freeleech_tokens thanks downloads: torrent_$ (torrent,user) torrent:i user:i uploaded:I? created:D? *(user)
    peers ## peer:X20 ip:x16 port:i agent:s64 left_bytes:I seeder:b torrent>>torrents user>>users updated:D? !(user,torrent,peer)
    each private_message ticket request article playlist wiki chatroom event: $_categories # name:s191 position:i
    each requests articles playlists wikis tickets events polls: $ # user>users title:s255 body:t? closed:b created:D? *(created)
    request_bounties # request>>requests user>users amount:n anon:b
    request_claims # request>>requests user>users anon:b
    playlist_torrents # playlist>>playlists torrent>>torrents tmdb:i !(playlist,torrent)
    poll_options # poll>>polls name:s255 votes:i
    poll_votes # poll>>polls user>>users option_id:i? !(poll,user)
    ticket_attachments # ticket>>tickets user>users file_name:s255 size:i
    ticket_notes # ticket>>tickets user>users message:t
    event_prizes # event>>events position:i type:s32 weight:i
    claimed_prizes # event>>events user>>users bon:n
    comments # content:t user>~users? anon:b commentable_type:s191 commentable_id:I parent>>comments? created:D? *(commentable_type,commentable_id)
    each forums: $ # position:i num_topic:i name:s191 slug:s191 parent>~forums? last_topic:i?
    topics # name:s191 state:s191? pinned:b forum>>forums first_user>~users? last_user>~users? last_post:i? created:D?
    posts # content:t topic>>topics user>users created:D?
    each likes tips: post_$ # post>>posts user>>users value:n !(post,user)
    each subscriptions reads: topic_$ # topic>>topics user>>users !(topic,user)
    forum_permissions # forum>>forums grp>>groups show_forum:b read_topic:b reply:b start_topic:b !(forum,grp)
    conversations # subject:s255 created:D?
    conversation_users (conversation,user) conversation:i user:i read:b
    private_messages # conversation>>conversations sender>~users? message:t created:D?
    chatrooms # name:s191!
    chat_statuses # name:s191! color:s191
    bots # position:i name:s191 command:s191! type>~bot_types? active:b
    messages # user>~users? chatroom>>chatrooms receiver>~users? bot>~bots? message:t created:D?
    user_echoes # user>>users room>>chatrooms? target>>users? bot>>bots?
    achievement_details # name:s191 description:s191 points:i secret:b class:s191
    achievement_progress u# achievement>>achievement_details achiever_type:s191 achiever_id:I points:i unlocked:D? *(achiever_type,achiever_id)
    bon_exchange # description:s191 value:I cost:I upload:b download:b
    bon_earnings # position:i variable:s32 multiplier:n operation:e(append|multiply) name:s191
    bon_earning_conditions # earning>>bon_earnings operand:s32 operator:e(<|>|=) value:f
    pages # name:s191? slug:s191? content:t
    rules_text # content:t
    blacklist_clients # name:s191! reason:s191? peer_prefix:X3?
    ticket_priorities # name:s191 position:i
    reports # type:s191 reporter>users staff>~users? torrent>~torrents? request>~requests? message:t solved:b verdict:t?
    rss # position:i name:s255 user>~users? private:b json_torrent:j
    sessions - id:s191! user:I? payload:t activity:i
    jobs ## queue:s191 payload:T attempts:i reserved:i? available:i created:i *(queue,reserved)
    failed_jobs ## connection:t queue:t payload:T exception:T failed:D
    migrations # migration:s191 batch:i
    `,
  ),
  // Webs of cascades over templates that name their own table; triggers that note each change.
  describeSchema(
    'a monitoring system',
    utf8,
    `
    each roles groups_of_users valuemaps media_types icon_maps images regexps groups_of_hosts proxies scripts connectors maintenances correlations rules_of_discovery slas maps dashboards reports actions directories tokens: $ ## name:s255* status:i description:t?
    users ## name:s100! surname:s100 passwd:s60 url:s2048 role>roles directory>~directories? lang:s7 theme:s128
    hosts ## proxy>proxies? host:s128* name:s128* status:i template>>hosts? maintenance>maintenances? uuid:s32* flags:i
    interfaces ## host>>hosts main:i type:i ip:s64* dns:s255 port:s64
    items ## host>>hosts template>>items? master>>items? interface>interfaces? valuemap>valuemaps? name:s255 key_:s2048 type:i delay:s1024 history:s255 units:s255 formula:s255 logtimefmt:s64 description:t params:t uuid:s32 *(host,key_(764)) *(status_,type) status_:i
    rules ## expression:s2048 description:s255 status:i* value:i* priority:i lastchange:i template>>rules? comments:t uuid:s32
    functions ## item>>items rule>>rules name:s12 parameter:s255 *(item,name,parameter(10))
    graphs ## name:s128* width:i height:i template>>graphs? ymin_item>items? ymax_item>items? uuid:s32
    graph_items ## graph>>graphs item>>items color:s6 drawtype:i
    web_tests ## name:s64 host>>hosts template>>web_tests? delay:s255 retries:i !(host,name)
    web_steps ## test>>web_tests name:s64 no:i url:s2048 posts:t
    services ## name:s128 status:i algorithm:i weight:i uuid:s32
    each hosts items rules web_tests services maintenances events_now problems_now: tags_of_$ ## $_id:I* tag:s255 value:s255 automatic:i
    each hosts items rules web_tests services graphs: copies_of_$ @$ parent>>$ lastcheck:i deleted:i !(parent,id)
    each items rules hosts proxies: state_of_$ @$ value:i state:i error:s2048 changed:i
    each items web_tests web_steps scripts media_types connectors: params_of_$ ## $_id>>$ name:s255 value:t !($_id,name)
    each hosts items graphs web_tests rules: moves_of_$ ## a>>$ b>>$ color:s6? !(a,b)
    each maps dashboards reports scripts slas tokens: users_of_$ ## owner>>$ user>>users permission:i !(owner,user)
    each maps dashboards reports scripts actions maintenances: groups_of_$ ## owner>>$ grp>>groups_of_users permission:i !(owner,grp)
    each maps dashboards actions maintenances correlations rules_of_discovery slas: steps_of_$ ## owner>>$ no:i type:i value:s2048
    each steps_of_maps steps_of_dashboards steps_of_actions steps_of_rules_of_discovery: fields_of_$ ## step>>$ name:s255 int_value:i text_value:t host>>hosts? item>>items? graph>>graphs?
    each steps_of_actions: messages_of_$ @$ subject:s255 message:t media>media_types?
    each steps_of_actions steps_of_maps: hosts_of_$ ## step>>$ host>>hosts? grp>>groups_of_hosts?
    each media config_of_users profiles sessions_of_users: $ ## user>>users name:s255 value:s2048 type:i active:i *(user,name)
    each hosts_groups: $ ## host>>hosts grp>>groups_of_hosts !(host,grp)
    each users_groups: $ ## user>>users grp>>groups_of_users !(user,grp)
    each rights tag_filters: $ ## grp>>groups_of_users host_grp>>groups_of_hosts permission:i
    each history history_int history_text history_log history_str history_bin: $ (item,clock,ns) item:I clock:i ns:i value:t
    each trends trends_int: $ (item,clock) item:I clock:i num:i low:f mean:f high:f
    each events_now: $ ## source:i object:i objectid:I clock:i value:i ns:i name:s2048 severity:i *(source,object,objectid,clock)
    each problems_now: $ @events_now source:i object:i objectid:I clock:i recovery>>events_now? acknowledged:i name:s2048
    each acknowledges suppressions recoveries event_symptoms: $ ## event>>events_now user>>users? clock:i message:s2048 action:i
    alerts ## action>>actions event>>events_now user>>users? media>media_types? clock:i* sendto:s1024 subject:s255 message:t status:i*
    escalations ## action>actions rule>>rules? event>>events_now? nextcheck:i* step:i
    each host_macros global_macros: $ ## host:I? macro:s255 value:s2048 type:i !(host,macro)
    host_inventory @hosts type:s64 name:s128 os:s128 serial:s64 location:t notes:t
    hosts_templates ## host>>hosts template>>hosts !(host,template)
    rule_depends ## down>>rules up>>rules !(down,up)
    service_links ## up>>services down>>services !(up,down)
    service_alarms ## service>>services clock:i* value:i
    service_problems ## event>>problems_now service>>services severity:i
    service_tags_wanted ## service>>services tag:s255 operator:i value:s255
    each sla_schedules sla_downtimes sla_tags: $ ## sla>>slas name:s255 from_at:i to_at:i
    icon_mappings ## map>>icon_maps icon>images link:i expression:s64 sort:i
    map_elements ## map>>maps icon>images? element:I type:i x:i y:i
    map_links ## map>>maps one>>map_elements other>>map_elements color:s6 label:s2048
    map_shapes ## map>>maps type:i x:i y:i text:t
    map_urls ## map>>maps name:s255 url:s255
    regexp_lines ## regexp>>regexps expression:s255 type:i
    valuemap_lines ## map>>valuemaps value:s64 newvalue:s64 sort:i
    discovered_hosts ## rule>>rules_of_discovery status:i lastup:i
    discovered_services ## host>>discovered_hosts port:i status:i value:s255 ip:s64 !(host,port,ip)
    discovery_checks ## rule>>rules_of_discovery type:i key_:s2048 ports:s255
    operations ## action>>actions type:i period:s255 from_step:i to_step:i
    each operation_commands operation_templates operation_inventory operation_tags: $ ## operation>>operations value:s2048 script>~scripts?
    conditions ## action>>actions type:i operator:i value:s255 value_two:s255
    correlation_conditions ## correlation>>correlations type:i
    correlation_operations ## correlation>>correlations type:i
    time_periods ## type:i every:i month:i day:i start:i
    maintenance_windows ## maintenance>>maintenances period>>time_periods !(maintenance,period)
    maintenance_hosts ## maintenance>>maintenances host>>hosts !(maintenance,host)
    task ## type:i status:i* clock:i ttl:i proxy>>proxies?
    each task_close task_command task_data task_result task_acknowledge: $ @task host>>hosts? data:t
    housekeeper ## table_name:s64 field:s64 value:I
    audit_log u# user:I? name:s100 clock:i* ip:s39 action:i resource_type:i details:T
    ids (table_name,field_name) table_name:s64 field_name:s64 nextid:I
    settings ## name:s255! value:t
    changelog ## object:i objectid:I operation:i clock:i*
    ha_node u# name:s255! address:s255 port:i lastaccess:i* status:i*
    version_of_schema (mandatory) mandatory:i optional:i
    report_params ## report>>reports name:s255 value:t
    each expressions_of_correlations formulas_of_actions filters_of_directories mappings_of_directories rates_of_services: $ ## name:s255 tag:s255 operator:i value:s255
    each dashboard_pages: $ ## dashboard>>dashboards name:s255 period:i sort:i
    widgets ## page>>dashboard_pages type:s255 name:s255 x:i y:i width:i height:i
    widget_fields ## widget>>widgets name:s255 host>>hosts? item>>items? graph>>graphs? service>>services? rule>>rules? map>>maps? user>>users? value_int:i value_str:s2048 *(name)
    each graph_themes module config_autoreg auto_registered: $ ## name:s64! status:i config:t
    prototypes_of_groups ## host>>hosts name:s255 grp>groups_of_hosts? template>>prototypes_of_groups?
    found_groups @groups_of_hosts parent>prototypes_of_groups name:s255 lastcheck:i
    interface_options @interfaces version:i bulk:i community:s64 secret:s64
    sql CREATE TRIGGER hosts_made AFTER INSERT ON hosts FOR EACH ROW INSERT INTO changelog (object, objectid, operation, clock) VALUES (1, NEW.id, 1, 0)
    sql CREATE TRIGGER hosts_changed AFTER UPDATE ON hosts FOR EACH ROW INSERT INTO changelog (object, objectid, operation, clock) VALUES (1, NEW.id, 2, 0)
    sql CREATE TRIGGER hosts_gone BEFORE DELETE ON hosts FOR EACH ROW INSERT INTO changelog (object, objectid, operation, clock) VALUES (1, OLD.id, 3, 0)
    `,
  ),
  // Keys of 24 characters, pivots, JSON.
  describeSchema(
    'a publishing tool',
    utf8,
    `
    newsletters u# name:s191! slug:s191! status:s50 sort:i created:d
    posts u# uuid:c36 title:s255 slug:s191 body:T? plain:T? status:s50* featured:b visibility:s50 newsletter>newsletters? published:d? updated:d? !(slug,status) *(updated)
    users u# name:s191 slug:s191! mail:s191! password:s60 bio:t? settings:j? status:s50 created:d
    each roles permissions labels benefits products tags snippets custom_views: $ u# name:s191! slug:s191? description:t? data:j? created:d
    each meta mobiledoc_revisions revisions: posts_$ u# post>>posts title:s255? body:T? created:d
    each authors tags products labels: posts_$ u# post>posts $_id:c36 sort:i *(post,sort)
    each users apps: roles_$ u# role:c36 $_id:c36
    each users roles apps: permissions_$ u# permission:c36 $_id:c36
    members u# uuid:c36! mail:s191! name:s191? status:s50 note:t? geolocation:t? open_rate:i?* created:d
    each labels products newsletters: members_$ u# member>>members $_id:c36 sort:i
    each created_events cancel_events payment_events login_events email_change_events status_events product_events paid_events subscribe_events click_events feedback conversion_events: members_$ u# member>>members created:d from_value:s191? to_value:s191? amount:i?
    stripe_customers u# member>>members customer:s255! name:s191? mail:s191?
    stripe_products u# product>products? stripe:s255! created:d
    stripe_prices u# stripe:s255! product>>stripe_products active:b amount:i currency:s191 interval_:s50?
    subscriptions u# member>>members product>products start:d stop:d? status:s50 payment:s50?
    stripe_subscriptions u# customer>>stripe_customers subscription:s255! ghost>~subscriptions? price>>stripe_prices? status:s50 ends:d? amount:i
    offers u# name:s191! code:s191! product>products coupon:s255?! interval_:s50 amount:i
    offer_redemptions u# offer>>offers member>>members subscription>>stripe_subscriptions created:d
    each coupons promos: stripe_$ u# name:s191 code:s191? created:d
    products_benefits u# product>>products benefit>>benefits sort:i
    comments u# post>>posts member>~members? parent>>comments? status:s50 html:T? created:d
    each likes reports: comment_$ u# comment>>comments member>>members? created:d
    emails u# post:c36! uuid:c36 status:s50 count:i subject:s300? html:T? newsletter>~newsletters? created:d
    email_batches u# email>emails provider:s255? status:s50 created:d
    email_recipients u# email>emails member:c36* batch>email_batches processed:d? delivered:d? opened:d? *(email,delivered)
    each recipient_failures spam_complaints: email_$ u# email>emails member>~members? code:i message:s2000 created:d
    suppressions u# mail:s191! email>emails? reason:s50 created:d
    integrations u# type:s50 name:s191 slug:s191! description:t? created:d
    webhooks u# event:s50 target:s2000 integration>>integrations secret:s191? status:s50
    api_keys u# type:s50 secret:s191! role:c36? integration:c36? user:c36? created:d
    each invites tokens brute_force settings: $ u# key_name:s191! value:t? created:d
    sessions u# session:s32! user:c36 data:s2000 created:d
    each redirects links: $ u# from_path:s191* to_url:s2000 post>~posts? created:d
    mentions u# source:s2000 target:s2000 resource:c36? verified:b payload:t? created:d
    milestones u# type:s24 value:i currency:s24? mailed:d?
    each recommendations: $ u# url:s2000 title:s2000 excerpt:s2000? created:d
    each recommendation_click_events recommendation_subscribe_events: $ u# recommendation>>recommendations member>~members? created:d
    collections u# title:s191 slug:s191! type:s50 filter:t? created:d
    collections_posts u# collection>>collections post>>posts sort:i
    actions u# resource:c36? resource_type:s50 actor:c36 actor_type:s50 event:s50 context:t? created:d
    each donation_events outbox temp_member_email: $ u# member>~members? amount:i? payload:t? created:d
    each members_resources: $ u# name:s191! created:d
    jobs u# name:s191! status:s50 started:d? finished:d? queue:i?
    migrations # name:s120 version:s70 currentversion:s255?
    each posts members emails comments tags users products: $_archive u# $_id:c36* data:j? created:d
    each posts members emails comments tags users products offers: $_stats (day,$_id) day:s10 $_id:c36 views:i
    migrations_lock (lock_key) lock_key:s191 locked:b? acquired:d? released:d?
    `,
  ),
];
