"""Nothing in; words of everyday English and German out that are also names of firms and products.

A name in this list may be the plain word, so capitals, neighbours and context have to speak for
it; any other name speaks for itself. Written from knowledge of the two languages: words that
companies have taken for names or might take. A word that is missing makes its brand too sure
of itself, never lost; an exclude phrase around the name mends it.

Touches: nothing.
"""

from __future__ import annotations

_ENGLISH = """
able above access account ace acorn acre act action active adapt add adobe advance adventure
affirm agency agenda agent agile aim air alarm album alert alexa algebra alias alibi align alive
all alliance alloy ally almanac alpha alpine alter amazon amber ambition amp ample amplify anchor
angel angle angular animal ant anthem anvil apache apart apex apollo app apple apply apricot april
aqua arc arcade arch archer arena argo argon argus aria ark arm armor arrow art article ascend ash
aspect aspen aspire asset assist assistant aster astra atlas atom attic audit august aura aurora
author auto avalanche avenue aware away axe axiom axis azure baby back backpack badge bag bake
balance ball balsam bamboo banana band bandwidth bang bank banner bar bark barn barrel base
baseball basic basil basin basis basket bat batch bath bay beach beacon bead beam bean bear beat
beauty beaver bed bee beetle bell belt bench bend berry best beta better beyond bible big bike
bill billion birch bird bishop bit bite black blade blank blast blaze blend blender bless blind
blink block blog bloom blossom blue bluebird bluff board boat body bold bolt bond bone bonus book
boost boot booth boss bottle boulder bounce bound boundary bounty bow bowl box boxer brain
brainstorm branch brand brave bread break breeze brick bridge bright brilliant brim bring brisk
broad bronze brook brother brown browser brush bubble bucket buddy budget buffalo buffer bug build
builder bull bullet bumble bump bundle burn burst bus bush butter butterfly button buy buzz cab
cabin cabinet cable cactus cafe cage cake calendar call calm camel cameo camp campus can canal
canary candle candy cannon canoe canopy canvas canyon cap capital captain capture car carbon card
care cargo carrot cart carve cascade case cash casper cast castle cat catalog catalyst catch cause
cave cedar celebrate cell cello cement center central century certain chain chair chalk challenge
chance change channel chaos chapter char charge chariot charm chart chase chat check cheer cheese
chef cherry chess chest chestnut chicken chief child chill chime chip choice choose chorus chrome
chronicle chunk cinder cinema cipher circle circuit circus citizen citrus city civic claim clap
clarity classic clay clean clear clearing clever click client cliff climate climb clip clock cloud
clover club clue clutch coach coal coast coat cobalt cobra cocoa coconut code codex coffee coil
coin cold collab collar collect collection color column comb combine comet comfort comic command
commerce common community compact companion company compass compose composer composite compound
concept concert concord concrete condor conduit cone confluence connect conquest console constant
consul contact container content context control cookie cool copilot copper copy coral cord core
cork corn corner corona cosmos cotton couch count counter country courage courier course court
cove cover cozy crab craft crane crate crater crayon cream create creator credit creek crescent
crest crew cricket crimson crisp critical crop cross crow crowd crown crucial cruise crunch crush
crystal cube cult culture cup curate cure curious current cursor curve custom cut cute cyber cycle
cypress daily dairy daisy dart dash dashboard data date dawn day deal dear debut deck deed deep
deer define degree delight deliver delta demand den depot depth desert design desk destiny detail
device dew dial diamond diary dice diesel diet diff digest digit digital dime dimension dinner
direct director discord discover discovery dish disk dispatch display distance dive divide dock
docker doctor dodge dog doll dollar dolphin domain dome domino door dot double dough dove down
draft dragon drama draw dream dress drift drill drink drip drive driver drone drop drum dry duck
due duke dune duo dust dutch duty dwell dye dynamo eager eagle ear early earn earth ease east easy
eat echo eclipse edge edition editor effect egg elastic elbow elder electric element elephant
elevate elevator elite elm else ember emerald emotion empire empower encore energy engage engine
enigma enjoy ensemble enterprise entropy envoy envy epic epoch epsilon equal equity era escape
essence essential estate eternal ether even event ever evergreen evolve exact excel exchange
exodus expand expedition expert explore explorer express extend extra eye fable fabric face facet
fact factor factory fair fairy faith falcon fall fame family fancy fantasy far farm fashion fast
fathom favor feast feather federal feed feedback feel fellow fence fern ferry fiber fiction fiddle
fidelity field fig fight figment figure file fill film final finch find fine finger finish fir
fire firefly first fish fit five fix flag flame flamingo flare flash flat flavor flax flea fleet
flex flight flint flip flipper float flock flood floor flow flower fluent fluid flume flute flux
fly foam focus fog fold folk follow food foot forage force ford forest forever forge fork form
formula fort forte fortune forum forward fossil foster foundation founder foundry fountain four
fox fraction fragment frame framework free freedom french frequency fresh friend frog front
frontier frost fruit fuel full fun function fund fungus funk funnel furnace fusion future gain
galaxy gallery game gamma gap garage garden garlic gas gate gateway gather gauge gear gecko gem
gemini gene general generator genesis genie genius gentle genuine ghost giant gift giggle ginger
give glacier glad glass gleam glide glimpse glitch global globe glory glove glow glue go goal goat
gold golden goldfish good goods goose gorilla grab grace grade gradient grain grammar grand grant
grape grapevine graph graphite grass gravity gravy gray great green greenhouse greet grid grill
grip grit grizzly grocery groove ground group grove grow growth guard guardian guest guide guild
guitar gulf gull gulp gum gusto habit hack hail hair half hall halo hammer hammock hand handle
handy happy harbor hard hardware hare harmony harness harp harvest hash haste hat hatch haven hawk
hay hazel head headspace health heap heart hearth heat heaven heavy hedge height helix hello helm
helmet help hemlock herald herb here heritage hero heron hex hidden high highland highlight
highway hill hinge hint hip hire history hit hive hobby hockey hollow holly home honest honey
honor hood hook hop hope horizon horn horse host hot hotel hour house hover hub hue hug human
humble hummingbird hunger hunt hunter husk hut hybrid hydra hyper ice icon idea ideal identity
idle igloo ignite illusion image imagine impact imprint impulse in inbox inch include income index
indigo industry infinite infinity influx info ink inn insight inspire instant instinct instrument
intake integral intelligence intent intercom interface interval intro intuit invoice iris iron
island isle it ivory ivy jack jackal jade jaguar jam jar jasmine java jazz jelly jenkins jest jet
jewel jigsaw jobs join joker journal journey joy jubilee judge juice julia jumbo jump junction
june jungle junior juniper juno jupiter just justice kale kayak keen keep kernel kettle key
keyboard keynote keystone kick kid kilo kin kind kindle kindred king kingdom kiosk kiss kit
kitchen kite kiwi knight knot know lab label lace ladder lake lamb lamp lance land landmark lane
lantern lark laser latch late latitude lattice launch laurel lava lavender law layer lead leader
leaf league leap learn leather ledge ledger left legacy legal legend lemon lemonade lend lens less
level lever liberty library life lift light lighthouse lightning like lilac lily lime limit
limitless line linear link lion liquid list listen lit lithium little live livestock living load
loaf loan lobster local lock locket locust lodge loft log logic logo loom loop lotus loud lounge
love loyal lucid luck lucky lumber lumen luminary lunar lunch lush lute luxury lynx lyric machine
macro madison magic magma magnet magnolia magpie mail main make maker mall mallard mammoth man
mandarin mango manor manta mantle mantra map maple marathon marble march margin marigold marine
mark marker market marketplace maroon mars marsh martian marvel mask mason mass mast master match
material matrix matter maven max maxim maximum may maze meadow meal mean meaning measure medal
medallion media medium meet meetup mega mellow melody melon member memo memory mend mentor menu
mercury mercy merge meridian merit merlin mermaid mesa mesh message meta metal meteor meter method
metric metro midas might mighty mile milestone milk mill millennium mimosa mind mine mineral mini
minimal mint minute miracle mirage mirror miss mission mist mix mixer mobile mode model modem
modern module mole moment momentum monarch monday money mongoose monitor monk monkey monolith
monster monument mood moon moose morning morph mosaic moss moth mother motion motive motor
mountain mouse mouth move movement movie muffin mule multiply muse museum mushroom music mustang
mustard mute mutual mystery myth name nano narrative native nature navigate navigator near neat
nebula nectar need needle neighbor neo neon nest net network neutral never new news next nexus
nice nickel night nightingale nike nimble nimbus nine ninja noble node noise nomad nonstop noodle
noon nor normal north northern northwest note notebook nothing notice notion nova novel now
nucleus nude null number nurture nut nutmeg nylon oak oar oasis oath obsidian ocean octagon octave
october octopus odd odyssey off offer office olive omega omen on once one onion online onward onyx
opal open opera optic optimal optimum option oracle orange orb orbit orchard orchestra orchid
order ore oregano organic origin original oriole oscar osprey otter out outback outline outlook
output outreach outrider outset outside oval oven over overleaf overture owl own oxford oxygen
oyster pace pacific pack package packet pad paddle page paint pair palace pale palette palm
panache panda pandora panel panorama pants papaya paper paprika parachute parade paradise paradox
paragon parallel parcel park parrot part partner party pass passage passion passport past paste
patch path patient patina patriot patrol pattern pause pave pay peace peach peacock peak peanut
pear pearl pebble pecan peek peer pelican pen pencil penguin penny people pepper perception perch
perfect perk permit perplexity persona petal pewter phantom pharaoh phase pheasant phoenix phone
photo phrase piano pick picnic picture pie pier pigeon pike pilgrim pillar pillow pilot pin pinch
pine pineapple ping pink pinnacle pint pioneer pip pipe pipeline piper pirate pistachio pitch
pivot pixel pizza place plaid plain plan plane planet plank plant plasma plaster plate plateau
platform platinum play player playground plaza pleasant plenty plot plow plug plum plumb plume
plus pluto pocket pod poem poet point pointer poise polar polaris pole polish politico poll polo
polygon pond pony pool pop poplar poppy popular porcupine port portal porter portfolio portrait
positive possible post postman pot potato pottery pouch pound powder power practice prairie praise
precious precise precision prelude premier premium present press prestige pretzel pride primary
prime primer prince princess principal print prism private pro probe process produce product
profile profit program progress progressive project promise prompt proof propel proper prophet
proportion prospect prosper protect proton proud proven provider prowl proxy prune public pudding
puffin pull pulley pulsar pulse puma pump pumpkin punch pupil puppet pure purple purpose purse
push puzzle pyramid python quad quail quaint quake quality quantum quarry quart quarter quartz
quasar quay queen quest question queue quick quicken quicksilver quiet quill quilt quirk quiver
quiz quote rabbit raccoon race racer rack radar radiant radio radius raft rage rail rain rainbow
raindrop raise rally ram ramp ranch random range ranger rank rapid rapport rare raspberry rate
ratio raven ray razor reach react reaction reader ready real realm reason rebel rebus recall
receipt recipe record recruit red redwood reed reef reel reflect refuge regal regent region
register relay release reliable relic remedy remember remix remote render renew rent repeat replay
reply report republic rescue research resin resolve resource respect response rest restore result
retool retro return reveal revel revolt revolution reward rhino rhyme rhythm ribbon rice rich ride
rider ridge right ring ripple rise rising rival river rivet road roam roast robin robinhood robot
rock rocket rogue roll rome roof room root rope rose rotor rough round route router rover row
royal ruby rug rule ruler run runner runway rush russet rust rustic rye saber sable saddle safari
safe saffron sage sail sailor saint salad salmon salon salsa salt salute same sample sanctuary
sand sandal sandbox sandwich sapling sapphire sardine sash satellite satin saturn sauce sauna
savage save savor savvy saw say scale scallop scan scarab scarlet scene scenic scent school
science scoop scope score scorpion scout scrap screen scribe scroll sculpt sea seal seam search
season seat second secret section sector secure see seed seek seesaw segment select self sell send
senior sense sentinel sentry sequel sequence sequoia serene serenity series serum serve service
session set settle seven shade shadow shake shape share shark sharp shed sheep sheet shelf shell
shelter sheriff shield shift shine ship shirt shoal shock shoe shop shore short shot shoulder show
shower shrimp shrine shuffle shutter shuttle sidekick sierra sift sight sigma sign signal
signature silence silhouette silk silo silver simple simplicity simply sims single siren sister
six size sketch skill skin skip skull sky skylark slack slate sleek sleep sleet slice slide slim
sling slope slot slow small smart smash smile smith smoke smooth snack snail snake snap snapshot
sniper snow snowball snowflake snug soap soar social society sock socket soda sofa soft software
soil solace solar soldier sole solid solo solstice solution solve solver some sonar sonata song
sonic sonnet soon sorrel soul sound soup source south southwest space spade span spaniel spare
spark sparkle sparrow spartan spatial speak speaker spear special spectacle spectrum speed spell
sphere sphinx spice spider spike spin spiral spire spirit splash splendid splice split sponge
spool spoon sport spot spotlight spray spread spring sprinkle sprint sprinter sprout spruce spur
square squid squire squirrel stable stack stadium staff stage stair stake stamp stand standard
staple star stardust starfish start starter stash state statement static station statue status
stay steady steak stealth steam steel steep stellar stem step stereo sterling stern stick still
stitch stock stone stool stop storage store stork storm story stove straight strand strata
strategy straw stream street strength stretch stride strike string strip stripe strive strong
struck structure stub student studio study style subject sublime submarine substance subway
success such sudden sugar suit suite sulfur sultan sum summer summit sun sunday sundown sunflower
sunlight sunrise sunset super superb superior supply support supreme sure surf surface surge
surprise sushi swallow swan swap swarm sway sweep sweet swell swift swim swing swirl switch sword
sycamore symbol symmetry symphony sync synergy syntax system table tableau tablet tack tact tag
tail tailor tailwind take tale talent talk tally talon tandem tangent tangerine tango tank tap
tape tar target tarot tart task taste taxi tea teach teal team teams tear tech teddy telegram
telegraph telescope tell temper temple tempo ten tender tenor tent term terminal terra terrace
terrain territory test tether texture thank theatre theme theory there thermal thesis thing think
third thistle thorn thought thread three threshold thrift thrive throne through thrush thumb
thunder thunderbird thyme tick ticket tickle tidal tide tie tiger tight tile till timber time
timeless times tin tinder tint tiny tip tissue titan title toad toast today together toggle token
toll tomato ton tone tongue tonic tool toolbox tooth top topaz topic torch tornado tortoise total
totem touch tour tow towel tower town toy trace track tracker tractor trade tradition trail
trailer train transfer transform transit translate transmit transport trap travel tray treasure
treat tree trek trend triangle tribe tribune tribute trick trident trigger trilogy trim trinity
trio trip triple triton triumph trojan trolley troop trophy tropic trout trove truck true trump
trumpet trunk trust truth try tsunami tub tube tulip tuna tundra tune tunnel turbine turbo turf
turk turkey turn turnip turquoise turret turtle tusk tutor tux tweet twelve twig twilight twin
twine twist twitch twitter two type typhoon ultimate ultra umber umbrella under underdog unicorn
uniform union unique unison unit unite united unity universal universe university unlimited up
update uplift upper upright upside upstart upward urban urge urn us use utility utopia vacuum vale
valet valiant valid valley valor value valve van vanguard vanilla vanish vantage vapor variant
vast vault vector vega veil vein velocity velvet venture venus vera veranda verb verge verify
veritas verse version vertex vertical vessel vest veteran via vibe vibrant victor victory video
view viewpoint village vine vintage vinyl viola violet violin viper virgin virtual virtue visa
visible vision visit vista visual vital vivid vocal vogue voice void volcano volley volt volume
voodoo vortex voucher vow voyage voyager vue vulcan vulture wafer waffle wage wagon wake walk wall
wallet walnut walrus waltz wand wander want warehouse warm warrior wash wasp watch watchtower
water waterfall wave waves wax way we weather weave web wedge week weekend weekly weight welcome
well west western whale wharf wheat wheel whiskey whisper whistle white whole why wick wide widget
wild wilderness willow win wind window windows wine wing wink winner winter wire wisdom wise wish
wit witch wolf wolverine wonder wood wool word words work worker workplace works workshop world
worm worth wrap wren write writer xenon yak yam yard yarn year yellow yelp yes yield yoga yoke
yonder you young youth yucca zeal zebra zen zenith zephyr zero zest zigzag zinc zip zipper zodiac
zone zoo zoom
"""

_NAMES = """
abby ada adam alan albert alex alfred alice amelia amy andrew anna anthony arthur ava axel ben
benjamin bernard betty bob brad bruno carl carla carter charles charlie chris claire clara claude
dan daniel david diana edward ella ellen elliot emil emily emma eric erin ernest eva evan felix
finn flora florence frank fred george grace greg greta gus hannah harold harriet harry harvey
heidi helen henry hugo ian ida jack jacob jake james jane jasper jean jenny jerry jess jim joe
john jordan josephine josh karl kate ken kevin kim klaus kurt lara laura lena leo leon lewis lily
linda lisa louis louise lucas lucy luke luna lynn marc marcus maria marie mark martha martin mary
matthew maya mia michael mike miles milo molly morgan moses nate ned nick nina nora norman oliver
olivia otto pascal patrick paul penny percy peter philip pierre ralph ray rex richard rita robert
roger roman rosa rosie roy rufus ruth sally sam samantha samuel sandy sarah scott sean simon sofia
sophie stanley stella stephen steve stuart susan sven ted theo thomas tim toby tom tony ulysses
vera victor victoria vincent virginia walter wanda warren wendy wilhelm will william winston zara
zoe
"""

_GERMAN = """
abend adler affe akte allianz alte amsel anker ansicht apfel apotheke arbeit auge aussicht bach
backwerk bahn bank baum becher berg bild birne blatt blau blick blitz block blume boden bogen boje
boot brief brille brot brunnen brücke buch bucht bude bund burg bus butter bär bühne dach dank
daten decke deutsche dom dorf drache ecke edel eiche eigen eimer einfach eis eisen ente erde erste
esel eule fabrik faden fahrrad falke familie fass feder feld fels fenster feuer fisch flamme
flasche fliege flug fluss form frei freude freund frisch frosch früh fuchs funke fuß gabel gans
garten gast geist gelb geld gemeinsam gerade glas glocke glück gold grau gruppe grün gut hafen
hahn halle hammer hand hase haus hecht heft heimat hell herbst herz heute himmel hirsch hof holz
honig horn hut hütte igel insel jäger kaffee kaiser kamin kanal karte kasse kater katze keller
kern kerze kette kiste klar klasse klee klinge knopf koffer kohle kompass kopf korb korn kraft
kranich kreis krone kugel kuh könig küche lager lampe land laterne laub leben leicht leiter licht
liebe linde linie luft lupe löwe markt maus meer meister messer milch mond morgen motor mutter
möwe mühle nacht nadel nagel natur nebel netz neu nord nuss ofen ohr ost papier pfad pfeffer pfeil
pferd pilz platz post punkt quelle rabe rad rahmen rakete raum regen regenbogen reich reif reise
ring ritter rose rot rucksack ruhe salz sand schaf schatten schere schiff schild schloss schlüssel
schmetterling schnecke schnee schnell schrank schuh schule schwalbe schwan schwarz see segel seil
seite silber sommer sonne spaten specht spiegel spiel spur stadt stark stein stern stift stimme
storch strand straße strom stube sturm stück süd tafel tag tal tanne tasche tasse taube tee teller
tiger tisch tor traube traum treppe treu tuch turm uhr ulme unter vater vogel wald wand wasser weg
weide wein welle welt werk west wetter wiese wild wind winter wolf wolke wunder wurzel zahn
zeichen zeit zelt ziege ziel zimmer zucker zug zukunft zweig zwerg über
"""

COMMON = frozenset(" ".join((_ENGLISH, _NAMES, _GERMAN)).split())
