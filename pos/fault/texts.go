package fault

// The codes. Never reuse one; add new ones at the end of their group.
const (
	Internal     Code = "internal"
	Busy         Code = "busy"
	Timeout      Code = "timeout"
	BadRequest   Code = "request.bad"
	NotFound     Code = "request.not_found"
	TooLarge     Code = "request.too_large"
	TooMany      Code = "request.too_many"
	CallReused   Code = "call.key_reused"
	CallUnknown  Code = "call.unknown"
	CallDone     Code = "call.done"
	Unauthorized Code = "request.unauthorized"
	Unavailable  Code = "till.unavailable"
	Starting     Code = "till.starting"

	LoginRequired Code = "login.required"
	LoginRefused  Code = "login.refused"
	LoginLocked   Code = "login.locked"
	LoginSenior   Code = "login.senior"
	LoginOwner    Code = "login.owner"
	LoginApprover Code = "login.approver"

	ShiftClosed  Code = "shift.closed"
	ShiftOpen    Code = "shift.open"
	ShiftExpired Code = "shift.expired"
	ShiftForeign Code = "shift.foreign"
	ShiftDevice  Code = "shift.device_closed"
	ShiftLong    Code = "shift.long"
	ShiftFirst   Code = "shift.close_first"
	ShiftAuto    Code = "shift.auto_closed"

	ChequeEmpty    Code = "cheque.empty"
	ChequeNotEmpty Code = "cheque.not_empty"
	ChequeFull     Code = "cheque.full"
	ChequePaying   Code = "cheque.paying"
	ChequeStale    Code = "cheque.stale"
	ChequeNoLine   Code = "cheque.no_line"
	QueueFull      Code = "scan.queue_full"
	ScanAgain      Code = "scan.again"
	ParkedFull     Code = "cheque.parked_full"
	ParkedNone     Code = "cheque.parked_none"
	ParkedMany     Code = "cheque.parked_many"
	TabletTwice    Code = "cheque.tablet_twice"
	TabletOpen     Code = "cheque.tablet_open"
	TabletForeign  Code = "cheque.tablet_foreign"
	TabletUnknown  Code = "cheque.tablet_unknown"
	TabletUnits    Code = "cheque.tablet_units"
	TabletSum      Code = "cheque.tablet_sum"
	TabletBusy     Code = "cheque.tablet_busy"
	TabletListen   Code = "cheque.tablet_listen"
	ContactBad     Code = "cheque.contact"
	BuyerBad       Code = "cheque.buyer"
	ReturnOf       Code = "return.of"
	ReturnMore     Code = "return.more"
	ReturnPayment  Code = "return.payment"
	ReturnWhole    Code = "return.whole"
	ReturnNothing  Code = "return.nothing"
	ReturnRepaid   Code = "return.repaid"
	CorrectionBad  Code = "correction.bad"
	ReasonNone     Code = "reason.none"
	ReturnForeign  Code = "return.foreign"
	ReturnOwn      Code = "return.own"
	ReturnScan     Code = "return.scan"
	ReturnSign     Code = "return.sign"

	PriceManual     Code = "price.manual"
	PriceFree       Code = "price.free"
	PriceTobacco    Code = "price.tobacco"
	PriceChanged    Code = "price.changed"
	CouponBad       Code = "cheque.coupon"
	CouponUnknown   Code = "cheque.coupon_unknown"
	CustomerNone    Code = "customer.none"
	CustomerUnknown Code = "customer.unknown"
	CustomerMany    Code = "customer.many"
	CustomersOff    Code = "customer.off"
	BonusUnknown    Code = "bonus.unknown"
	BonusMore       Code = "bonus.more"
	PromotionBad    Code = "promotion.bad"

	RemoteWaits    Code = "remote.waits"
	FiscalUntold   Code = "fiscal.untold"
	FiscalNumber   Code = "fiscal.number"
	FiscalCurrency Code = "fiscal.currency"
	ShiftCurrency  Code = "shift.currency"
	StoreCurrency  Code = "catalog.currency"

	RegisterOnly        Code = "register.only"
	RegisterShift       Code = "register.shift_closed"
	RegisterLong        Code = "register.shift_long"
	RegisterCertificate Code = "register.certificate"
	RegisterBlocked     Code = "register.blocked"
	RegisterPending     Code = "register.pending"
	RegisterPIN         Code = "register.pin"

	FiscalCloudDown   Code = "fiscal.cloud_down"
	FiscalCloudQueued Code = "fiscal.cloud_queued"
	FiscalCloudKind   Code = "fiscal.cloud_kind"
	RemoteBad         Code = "remote.bad"
	RemoteStopped     Code = "remote.stopped"
	AsideWaits        Code = "aside.waits"
	AsideSome         Code = "aside.some"
	AsideMade         Code = "aside.made"
	AsideBack         Code = "aside.back"
	AsideGone         Code = "aside.gone"
	AsideFull         Code = "aside.full"
	PriceRecalculated Code = "price.recalculated"
	BonusOffline      Code = "bonus.offline"
	RecalcOff         Code = "price.recalc_off"

	CodeUnknown   Code = "scan.unknown"
	CodeMany      Code = "scan.many"
	CodeTooLong   Code = "scan.too_long"
	CodeBad       Code = "scan.bad"
	QtyBad        Code = "quantity.bad"
	SumRange      Code = "sum.range"
	ItemNoPrice   Code = "item.no_price"
	ItemForbidden Code = "item.forbidden"
	ForbidEGAIS   Code = "item.no_egais"
	ItemMarked    Code = "item.marked"
	ItemWeight    Code = "item.weight"
	ScaleEmpty    Code = "scale.empty"
	ScaleMoves    Code = "scale.unstable"
	ScaleTrouble  Code = "scale.trouble"
	ScaleSame     Code = "scale.same"
	ScaleDown     Code = "scale.down"
	RateBad       Code = "item.rate"
	TaxSystemMix  Code = "item.tax_system"
	ItemHours     Code = "item.hours"
	ItemLeast     Code = "item.least_price"
	SerialNeeded  Code = "item.serial"
	SerialTwice   Code = "item.serial_twice"
	BundleUnknown Code = "item.bundle_part"
	OrderStale    Code = "order.stale"
	BundleOrder   Code = "item.bundle_order"
	BundleBroken  Code = "item.bundle_broken"
	AgeRefused    Code = "age.refused"
	AgeMissing    Code = "age.missing"
	ScanAlcohol   Code = "scan.alcohol"
	ScanReceipt   Code = "scan.receipt"
	ScanPending   Code = "scan.pending"
	ScanDropped   Code = "scan.dropped"

	MarkDevice Code = "mark.device"
	MarkOne    Code = "mark.one"
	MarkTwice  Code = "mark.twice"
	MarkSold   Code = "mark.sold"

	PermitOff       Code = "permit.off"
	PermitDown      Code = "permit.down"
	PermitStale     Code = "permit.stale"
	PermitDead      Code = "permit.dead"
	PermitLocal     Code = "permit.local_only"
	PermitUnknown   Code = "permit.unknown"
	PermitForged    Code = "permit.forged"
	PermitUnused    Code = "permit.unused"
	PermitWithdrawn Code = "permit.withdrawn"
	PermitSold      Code = "permit.sold"
	PermitBlocked   Code = "permit.blocked"
	PermitExpired   Code = "permit.expired"
	PermitOwner     Code = "permit.owner"

	QuestionItem    Code = "question.item"
	QuestionAge     Code = "question.age"
	QuestionMark    Code = "question.mark"
	QuestionSerial  Code = "question.serial"
	QuestionAsked   Code = "question.asked"
	QuestionOpen    Code = "question.open"
	QuestionNone    Code = "question.none"
	AnswerNo        Code = "answer.no"
	AnswerOldEnough Code = "answer.old_enough"
	AnswerAnyway    Code = "answer.anyway"
	AnswerUnmarked  Code = "answer.unmarked"
	AnswerLater     Code = "answer.later"
	AnswerBadge     Code = "answer.badge"
	AnswerCard      Code = "answer.card"
	AnswerReceipt   Code = "answer.receipt"

	AmountBad  Code = "payment.amount"
	PaidLess   Code = "payment.less"
	ChangeHuge Code = "payment.change"
	CashLimit  Code = "payment.cash_limit"
	PaidMore   Code = "payment.more"
	PayMixed   Code = "payment.mixed"

	ClaimUnknown Code = "claim.unknown"
	ClaimExpired Code = "claim.expired"
	ClaimLess    Code = "claim.less"
	ClaimKnown   Code = "claim.known"
	ClaimsFull   Code = "claim.full"
	ClaimFor     Code = "claim.for"
	ClaimGoods   Code = "claim.goods"
	ClaimOrder   Code = "claim.order"
	ClaimPaid    Code = "claim.paid"

	BuyPrice     Code = "buy.price"
	BuyScan      Code = "buy.scan"
	BuyForbidden Code = "buy.forbidden"

	StockNone  Code = "stock.none"
	StockOpen  Code = "stock.open"
	StockEmpty Code = "stock.empty"
	StockFull  Code = "stock.full"
	StockTwice Code = "stock.twice"
	StockPrice Code = "stock.price"
	StockStale Code = "stock.stale"

	FiscalMissing   Code = "fiscal.missing"
	FiscalNoAnswer  Code = "fiscal.no_answer"
	FiscalRefused   Code = "fiscal.refused"
	FiscalPaper     Code = "fiscal.paper"
	FiscalLid       Code = "fiscal.lid"
	FiscalUnsure    Code = "fiscal.unsure"
	FiscalForeign   Code = "fiscal.foreign"
	FiscalTestFN    Code = "fiscal.test_fn"
	FiscalDiffers   Code = "fiscal.differs"
	FiscalMoved     Code = "fiscal.moved"
	FiscalChanged   Code = "fiscal.fn_changed"
	FiscalOther     Code = "fiscal.fn_other"
	FiscalFN        Code = "fiscal.fn"
	FiscalClock     Code = "fiscal.clock"
	FiscalGarbage   Code = "fiscal.garbage"
	FiscalUnsent    Code = "fiscal.unsent"
	FiscalBusy      Code = "fiscal.busy"
	FiscalTaxSystem Code = "fiscal.tax_system"
	FiscalCash      Code = "fiscal.cash"
	FiscalBlocked   Code = "fiscal.blocked"
	FiscalLate      Code = "fiscal.late"
	FiscalFinished  Code = "fiscal.finished"
	FiscalAbandoned Code = "fiscal.abandoned"
	FiscalUnprinted Code = "fiscal.unprinted"
	NothingDoubtful Code = "fiscal.nothing_doubtful"
	FiscalPartly    Code = "fiscal.partly"
	FiscalOFD       Code = "fiscal.ofd_silent"
	FiscalUnsentBad Code = "fiscal.unsent_long"
	FiscalFNKnown   Code = "fiscal.fn_known"

	FiscalMark       Code = "fiscal.mark"
	FiscalDrift      Code = "fiscal.drift"
	FiscalPhase      Code = "fiscal.fn_phase"
	FiscalFNExpires  Code = "fiscal.fn_expires"
	FiscalFNLastDays Code = "fiscal.fn_last_days"
	FiscalFNExpired  Code = "fiscal.fn_expired"
	FiscalFNArchive  Code = "fiscal.fn_archive"
	FiscalFNPlaces   Code = "fiscal.fn_places"
	FiscalFNBuffer   Code = "fiscal.fn_buffer"
	FiscalFNCritical Code = "fiscal.fn_critical"
	FiscalOFDLate    Code = "fiscal.ofd_late"
	FiscalNotices    Code = "fiscal.notices"
	FiscalBattery    Code = "fiscal.battery"
	FiscalReplaces   Code = "fiscal.replaces_vat"

	KKTUnsupported Code = "kkt.unsupported"
	KKTNoDocument  Code = "kkt.no_document"
	KKTNoSetting   Code = "kkt.no_setting"
	KKTBadValue    Code = "kkt.bad_value"
	KKTSecret      Code = "kkt.secret"

	ReconcileNotInFN  Code = "reconcile.not_in_fn"
	ReconcileDiffers  Code = "reconcile.differs"
	ReconcilePrinted  Code = "reconcile.printed"
	ReconcileForeign  Code = "reconcile.foreign"
	ReconcileUnsent   Code = "reconcile.unsent"
	ReconcileNoShift  Code = "reconcile.no_shift"
	ReconcileOFDSum   Code = "reconcile.ofd_sum"
	ReconcileOFDLate  Code = "reconcile.ofd_late"
	ReconcileParked   Code = "reconcile.parked"
	ReconcileQueued   Code = "reconcile.queued"
	ReconcileLost     Code = "reconcile.lost"
	ReconcileCloudSum Code = "reconcile.cloud_sum"
	ReconcileWarning  Code = "reconcile.contradiction"

	ReconcileParkedThere Code = "reconcile.parked_there"
	ReconcileArrived     Code = "reconcile.arrived"
	ReconcileCloudDay    Code = "reconcile.cloud_day"
	ReconcileCloudWay    Code = "reconcile.cloud_way"
	ReconcileUnasked     Code = "reconcile.unasked"

	ReconcileOtherFN     Code = "reconcile.other_fn"
	ReconcileNoReport    Code = "reconcile.no_report"
	ReconcileRefused     Code = "reconcile.refused"
	ReconcileUnreachable Code = "reconcile.unreachable"

	RelayOff         Code = "ofd.relay_off"
	RelayNoAddress   Code = "ofd.relay_no_address"
	RelayUnreachable Code = "ofd.relay_unreachable"
	RelayRefused     Code = "ofd.relay_refused"

	JournalWrite   Code = "journal.write"
	JournalDamaged Code = "journal.damaged"
	JournalSpace   Code = "journal.space"
	JournalLocked  Code = "journal.locked"
	JournalLag     Code = "journal.lag"
	JournalNewer   Code = "journal.newer"
	JournalRepair  Code = "journal.repaired"
	JournalFork    Code = "journal.fork"
	JournalShort   Code = "journal.short" // the FN has documents that the journal does not know
	JournalFresh   Code = "journal.fresh"
	JournalCarry   Code = "journal.carry"
	JournalShift   Code = "journal.shift"
	JournalKeys    Code = "journal.keys"
	JournalRot     Code = "journal.rot"
	JournalRotNow  Code = "journal.rotten"
	CopyBad        Code = "copy.bad"
	CopyOwn        Code = "copy.own"
	CopyFork       Code = "copy.fork"
	CopyOlder      Code = "copy.older"
	CopyGap        Code = "copy.gap"
	CopySpace      Code = "copy.space"
	CopyMedium     Code = "copy.medium"
	CopyNoUSB      Code = "copy.no_usb"
	CopyManyUSB    Code = "copy.many_usb"
	CopyWaits      Code = "copy.waits"

	MadeKnown       Code = "made.known"
	CloudDown       Code = "cloud.down"
	CloudRefused    Code = "cloud.refused"
	CloudGarbage    Code = "cloud.garbage"
	CloudAuth       Code = "cloud.auth"
	CloudParked     Code = "cloud.parked"
	CloudUnsent     Code = "cloud.unsent"
	CloudNone       Code = "cloud.none"
	CloudTLS        Code = "cloud.tls"
	CloudMoved      Code = "cloud.moved"
	CloudDeprecated Code = "cloud.deprecated"
	CloudClock      Code = "cloud.clock"
	CloudStores     Code = "cloud.stores"
	CloudTaken      Code = "cloud.taken"
	CloudLogin      Code = "cloud.login"
	CatalogMissing  Code = "catalog.missing"
	CatalogOld      Code = "catalog.old"
	CatalogRejected Code = "catalog.rejected"
	CatalogRounded  Code = "catalog.rounded"
	CatalogBusy     Code = "catalog.busy"
	CatalogCloud    Code = "catalog.cloud"
	CatalogFile     Code = "catalog.file"
	FileSyntax      Code = "file.syntax"
	FileColumn      Code = "file.column"
	FileNeeded      Code = "file.needed"
	FileValue       Code = "file.value"
	FileTwice       Code = "file.twice"
	FileRounded     Code = "file.rounded"

	DeviceDown  Code = "device.down"
	DeviceGone  Code = "device.gone"
	ClockBehind Code = "clock.behind"
	ClockNobody Code = "clock.unconfirmed"
	ClockJumped Code = "clock.jumped"

	PowerFailing   Code = "board.power_fail"
	PowerWeak      Code = "board.undervoltage"
	BoardHot       Code = "board.hot"
	BoardRestarted Code = "board.restarted"
	BoardWatchdog  Code = "board.watchdog"
	CaseOpen       Code = "board.case_open"
	DrawerOpen     Code = "drawer.open"
	HelpCalled     Code = "help.called"
	TestSelling    Code = "selftest.selling"

	PrinterOff     Code = "printer.off"
	PrinterPaper   Code = "printer.paper"
	PrinterLow     Code = "printer.low"
	PrinterCover   Code = "printer.cover"
	PrinterCutter  Code = "printer.cutter"
	PrinterStopped Code = "printer.stopped"
	PrinterPartly  Code = "printer.partly"
	PrinterJob     Code = "printer.job"

	KitchenOff   Code = "kitchen.off"
	KitchenKnows Code = "kitchen.knows"
	KitchenWaits Code = "kitchen.waits"
	KitchenLate  Code = "kitchen.late"
	KitchenNone  Code = "kitchen.none"

	TerminalUnsure    Code = "terminal.unsure"
	TerminalDeclined  Code = "terminal.declined"
	TerminalFunds     Code = "terminal.funds"
	TerminalCard      Code = "terminal.card"
	TerminalPIN       Code = "terminal.pin"
	TerminalHost      Code = "terminal.host"
	TerminalLimit     Code = "terminal.limit"
	TerminalExpired   Code = "terminal.expired"
	TerminalDayOver   Code = "terminal.day_over"
	TerminalTooMuch   Code = "terminal.too_much"
	TerminalNoSuch    Code = "terminal.no_such"
	TerminalCancelled Code = "terminal.cancelled"
	TerminalMissing   Code = "terminal.missing"
	TerminalBusy      Code = "terminal.busy"
	TerminalUnable    Code = "terminal.unable"
	TerminalSum       Code = "terminal.sum"
	TerminalHeld      Code = "terminal.held"
	TerminalStuck     Code = "terminal.stuck"
	TerminalLate      Code = "terminal.late"
	TerminalDiffers   Code = "terminal.differs"
	TerminalUncounted Code = "terminal.uncounted"
	TerminalNone      Code = "terminal.none"
	TerminalOff       Code = "terminal.off"

	// Names of permissions, for texts that say what is missing.
	MayDiscount   Code = "may.discount"
	MayPrice      Code = "may.price"
	MayVoidLine   Code = "may.void_line"
	MayVoidCheque Code = "may.void_cheque"
	MayReturn     Code = "may.return"
	MayReturnFree Code = "may.return_free"
	MayCorrect    Code = "may.correct"
	MayCashIn     Code = "may.cash_in"
	MayCashOut    Code = "may.cash_out"
	MayCreate     Code = "may.create"
	MayDrawer     Code = "may.drawer"
	MayAge        Code = "may.age"
	MayUnmarked   Code = "may.unmarked"
	MayAbandon    Code = "may.abandon"
	MayAcceptFN   Code = "may.accept_fn"
	MayPromotions Code = "may.promotions"
	MayBonus      Code = "may.bonus"
	MayStock      Code = "may.stock"
	MayBuy        Code = "may.buy"
	MayReports    Code = "may.reports"
	MayService    Code = "may.service"
	MayUsers      Code = "may.users"
	MaySettings   Code = "may.settings"

	UserName      Code = "user.name"
	UserRole      Code = "user.role"
	UserINN       Code = "user.inn"
	UserMany      Code = "user.many"
	UserPINShape  Code = "user.pin_shape"
	UserPINWeak   Code = "user.pin_weak"
	UserPINTaken  Code = "user.pin_taken"
	UserBadge     Code = "user.badge_taken"
	UserSelf      Code = "user.self"
	UserLastOwner Code = "user.last_owner"
	UserFixed     Code = "user.fixed"
	UserForeign   Code = "user.foreign"
	SetupPIN      Code = "setup.pin"

	UpdateNone      Code = "update.none"
	UpdateNoChannel Code = "update.no_channel"
	UpdateNoSlots   Code = "update.no_slots"
	UpdateNoOther   Code = "update.no_other"
	UpdateUnsigned  Code = "update.unsigned"
	UpdateTampered  Code = "update.tampered"
	UpdateEnvelope  Code = "update.envelope"
	UpdateOther     Code = "update.other"
	UpdateOlder     Code = "update.older"
	UpdateSame      Code = "update.same"
	UpdateJournal   Code = "update.journal"
	UpdateSpace     Code = "update.space"
	UpdateShift     Code = "update.shift"
	UpdateUnsettled Code = "update.unsettled"
	UpdateRuns      Code = "update.runs"
	UpdateNothing   Code = "update.nothing"
	UpdateCancelled Code = "update.cancelled"
	UpdateSilent    Code = "update.silent"
	UpdateFailed    Code = "update.failed"
	UpdateBack      Code = "update.back"
	UpdateReady     Code = "update.ready"

	ConfigBad     Code = "config.bad"
	ConfigUnknown Code = "config.unknown_key"
	ConfigMissing Code = "config.missing"
	ConfigChanged Code = "config.changed"
	ConfigByHand  Code = "config.by_hand"
	ConfigNone    Code = "config.none"
	ConfigOld     Code = "config.old"
	CardBad       Code = "card.bad"
	SetupCode     Code = "setup.code"
	CardKept      Code = "card.kept"
	RestartSale   Code = "restart.sale"

	PicturesNone    Code = "pictures.none"
	PicturesRefused Code = "pictures.refused"

	TLSOff      Code = "tls.off"
	TLSFailed   Code = "tls.failed"
	TLSReplaced Code = "tls.replaced"
	TLSEnds     Code = "tls.ends"
	TLSNone     Code = "tls.none"
	PathBad     Code = "config.path"
)

type text struct{ ru, en string }

// texts holds each code in both languages. A text says what happened, what
// was kept and what to do next.
var texts = map[Code]text{
	Internal:     {"Внутренняя ошибка. Данные сохранены; если повторится, сообщите в поддержку", "Internal error. Nothing is lost; report it if it happens again"},
	Busy:         {"Касса занята предыдущей операцией, повторите", "The till is busy with the previous operation, try again"},
	Timeout:      {"Операция не завершилась вовремя; касса выяснит результат сама", "The operation did not finish in time; the till is finding out the result by itself"},
	BadRequest:   {"Неверный запрос: {0}", "Bad request: {0}"},
	NotFound:     {"Не найдено: {0}", "Not found: {0}"},
	TooMany:      {"Одновременных запросов больше {0}", "More than {0} requests at a time"},
	CallReused:   {"Этот ключ был у другого запроса", "This key was another request's"},
	CallUnknown:  {"Касса перезапускалась, и выполнен ли запрос, неизвестно: посмотрите документы и состояние кассы", "The till was restarted and nobody can say whether this was done: look at its documents and status"},
	CallDone:     {"Запрос выполнен, его ответ не сохранился: посмотрите документы и состояние кассы", "This was done and its answer is not kept: look at the till's documents and status"},
	TooLarge:     {"Слишком большой запрос: {0}", "Request too large: {0}"},
	Unauthorized: {"Нужен вход", "Not authorised"},
	Unavailable:  {"Касса не запущена или не отвечает", "The till is not running or does not answer"},
	Starting:     {"Касса ещё запускается, повторите через несколько секунд", "The till is still starting, try again in a few seconds"},

	LoginRequired: {"Сначала войдите по PIN-коду", "Log in with your PIN first"},
	LoginRefused:  {"Неверный PIN-код", "Wrong PIN"},
	LoginLocked:   {"Слишком много попыток, подождите {0} с", "Too many attempts, wait {0} s"},
	LoginSenior:   {"Нужен старший ({0}): войдите по PIN-коду старшего или пусть он подтвердит своим", "A senior is needed ({0}): log in with a senior's PIN, or let one approve with his"},
	LoginApprover: {"У «{0}» нет прав, которых не хватает кассиру", "\"{0}\" may do nothing that the cashier may not"},
	LoginOwner:    {"Нужен владелец: войдите по PIN-коду владельца", "The owner is needed: log in with the owner's PIN"},

	ShiftClosed:  {"Смена закрыта. Откройте смену", "The shift is closed. Open a shift first"},
	ShiftOpen:    {"Смена уже открыта", "The shift is open already"},
	ShiftExpired: {"Смена длится более 24 часов. Закройте смену и откройте новую; чек можно отложить", "The shift is older than 24 hours. Close it and open a new one; the cheque can be parked"},
	ShiftForeign: {"Смена на ККТ открыта не этой кассой (смена {0}). Закройте её", "The fiscal device has a shift that this till did not open (shift {0}). Close it"},

	ShiftDevice: {"На ККТ смена закрыта, а на кассе открыта. Закройте смену и откройте новую; чек можно отложить", "The device's shift is closed while the till's is open. Close the shift and open a new one; the cheque can be parked"},
	ShiftLong:   {"Смена открыта {0} ч. Закройте её до истечения 24 часов", "The shift has been open for {0} h. Close it before 24 hours are over"},
	ShiftFirst:  {"Сначала закройте смену", "Close the shift first"},
	ShiftAuto:   {"Смена закрыта автоматически", "The shift was closed automatically"},

	ChequeEmpty:    {"Чек пуст", "The cheque is empty"},
	ChequeNotEmpty: {"Открыт чек: оплатите, отложите или аннулируйте его", "A cheque is open: pay, park or void it first"},
	ChequeFull:     {"В чеке не может быть больше {0} строк", "A cheque can not have more than {0} lines"},
	ChequePaying:   {"Чек оплачивается, подождите", "The cheque is being paid, wait"},
	ChequeStale:    {"Чек изменился, проверьте его и повторите", "The cheque has changed, look again and repeat"},
	ChequeNoLine:   {"Нет такой строки в чеке", "There is no such line in the cheque"},
	QueueFull:      {"Слишком много сканов ждут обработки, отсканируйте ещё раз: {0}", "Too many scans are waiting, scan again: {0}"},
	ScanAgain:      {"Оплата не прошла, чек вернулся на экран; отсканируйте ещё раз: {0}", "The payment failed and its cheque is back; scan again: {0}"},
	ParkedFull:     {"Отложено уже {0} чеков, оплатите или аннулируйте лишние", "{0} cheques are parked already, pay or void some"},
	ParkedMany:     {"Под именем «{0}» отложено несколько чеков: назовите номер в списке отложенных", "Several cheques are parked as \"{0}\": say the number in the list of parked ones"},
	TabletTwice:    {"Чек с номером {0} уже есть", "There is a cheque with the id {0} already"},
	TabletOpen:     {"Чек {0} сейчас открыт или оплачивается на кассе", "Cheque {0} is open or being paid at the till"},
	TabletForeign:  {"Чек {0} отложен на кассе и меняется только там", "Cheque {0} was parked at the till and is changed only there"},
	TabletUnknown:  {"Товара «{0}» нет в каталоге, а свободная цена в этом магазине запрещена", "There is no “{0}” in the catalogue, and this store sells nothing at a free price"},
	TabletUnits:    {"«{0}»: у каждой единицы свой код, скидка и надбавка передаются построчно по одной штуке", "“{0}”: every unit has a code of its own, a discount or an increase needs a line of one unit"},
	TabletSum:      {"Итог чека {0} касса посчитала иначе: {1}", "The till makes {1} of the cheque's total {0}"},
	TabletListen:   {"Планшеты не могут подключиться, адрес {0} занят или недоступен: {1}", "Tablets can not connect, the address {0} is taken or not there: {1}"},
	TabletBusy:     {"На кассе идёт другой чек. Повторите позже", "Another cheque is being paid at the till. Try again later"},
	ParkedNone:     {"Нет такого отложенного чека", "There is no such parked cheque"},

	ContactBad:    {"Неверный телефон или адрес. Нужен +7… или e-mail", "Bad contact. A number like +7.. or an e-mail address is needed"},
	BuyerBad:      {"Неверное название или ИНН покупателя", "The buyer's name or INN is not right"},
	ReturnOf:      {"По документу {0} вернуть нечего: {1}", "Nothing can be returned by document {0}: {1}"},
	ReturnMore:    {"«{0}»: можно вернуть не больше {1}", "\"{0}\": at most {1} can be returned"},
	ReturnPayment: {"Деньги возвращают тем же способом, каким платили: {0}", "Money goes back the way it came: {0}"},
	ReturnWhole:   {"Чек {0} с отброшенными копейками возвращается только целиком", "Receipt {0}, whose kopecks were dropped, can only be returned whole"},
	ReasonNone:    {"Укажите причину: она попадёт в журнал", "Give the reason: it goes into the journal"},
	ReturnForeign: {"Чека ФД {0} (ФН {1}) в журнале этой кассы нет. Верните товар без чека, указав этот чек: нужно разрешение", "Receipt FD {0} (FN {1}) is not in this till's journal. Take the goods back without a sale and name this receipt: that needs a permission"},
	ReturnScan:    {"Отсканируйте сначала товары, которые возвращают, и повторите", "Scan the goods that come back first, then repeat"},
	ReturnOwn:     {"Чек ФД {0} пробит этой кассой: верните по чеку", "Receipt FD {0} was made by this till: return by the receipt"},
	ReturnSign:    {"Фискальный признак чека {0} другой: проверьте QR-код", "Receipt {0} has another fiscal sign: check the QR code"},
	ReturnRepaid:  {"Часть долга уже погашена, сначала верните чек погашения. Можно вернуть: {0}", "A part of the debt was paid off: return the receipt of that first. Can go back: {0}"},
	ReturnNothing: {"Не выбрано, что возвращают", "Nothing was chosen to come back"},
	CorrectionBad: {"Коррекция невозможна: {0}", "This correction is not possible: {0}"},

	PriceManual:     {"Изменить цену вручную нельзя, или больше, чем разрешает магазин. Уменьшите скидку или уберите её", "The price may not be changed by hand, or not by so much. Make the discount smaller or take it back"},
	PriceFree:       {"Цену товара «{0}» вручную вводить нельзя", "The price of \"{0}\" may not be typed"},
	PriceTobacco:    {"«{0}»: табак по такой цене продавать нельзя", "\"{0}\": tobacco may not be sold at this price"},
	PriceChanged:    {"Цены чека изменились, проверьте: {0}", "The cheque's prices have changed, look again: {0}"},
	CouponBad:       {"Неверный купон: {0}", "Bad coupon: {0}"},
	CouponUnknown:   {"Ни одна акция этого магазина не принимает купон {0}: проверьте код", "No promotion of this shop takes coupon {0}: check its code"},
	CustomerNone:    {"Сначала укажите покупателя", "Name the customer first"},
	CustomerUnknown: {"Покупатель не найден", "No such customer"},
	CustomerMany:    {"Подходящих покупателей несколько ({0}): выберите одного", "Several customers fit ({0}): choose one"},
	CustomersOff:    {"Покупатели этой кассе не известны: загрузите их", "This till knows no customers: load them"},
	BonusUnknown:    {"Списать бонусы нельзя: облако не сообщило, сколько их у покупателя", "Points can not be spent: the cloud has not said how many the customer has"},
	BonusMore:       {"Можно списать не больше {0}", "At most {0} can be spent"},
	RemoteWaits:     {"Чек другой кассы ждёт: {0}", "Another till's receipt waits: {0}"},
	FiscalUntold:    {"Ответ кассового аппарата потерян, а спросить его нельзя. Посмотрите на его ленту: есть ли этот чек? Нужен старший", "The register's answer was lost, and it can not be asked. Look at its paper: is this receipt there? Call a senior"},
	FiscalNumber:    {"Укажите номер чека и номер аппарата в СККО с его ленты", "Give the receipt's number and the register's number in SKKO from its paper"},
	FiscalCurrency:  {"Подключённое устройство не пробивает чеки в {0}", "The connected device registers no receipts in {0}"},
	ShiftCurrency:   {"Смена открыта в {0}, а касса работает в {1}. Закройте смену и откройте новую", "The shift was opened in {0}, and the till works in {1}. Close the shift and open a new one"},
	StoreCurrency:   {"Цены магазина в {0}, а касса работает в {1}", "The store's prices are in {0}, and the till works in {1}"},

	RegisterOnly:        {"Это делают на самом кассовом аппарате: из кассы он этого не принимает", "This is done on the register itself: it does not take it from a till"},
	RegisterShift:       {"На кассовом аппарате закрыта смена. Откройте её на аппарате; чек можно отложить", "The register's shift is closed. Open it on the register; the cheque can be parked"},
	RegisterLong:        {"Смена на кассовом аппарате длится более 24 часов. Закройте её на аппарате; чек можно отложить", "The register's shift is older than 24 hours. Close it on the register; the cheque can be parked"},
	RegisterCertificate: {"Сертификат кассового аппарата истёк: замените его", "The register's certificate has expired: renew it"},
	RegisterBlocked:     {"Кассовый аппарат заблокирован или не инициализирован", "The register is blocked or not initialised"},
	RegisterPending:     {"На кассовом аппарате не завершена продажа. Завершите или отмените её на аппарате", "The register has an unfinished sale. Finish or cancel it on the register"},
	RegisterPIN:         {"Кассовый аппарат не принимает PIN-код из файла секретов", "The register does not accept the PIN of the file of secrets"},

	FiscalCloudDown:   {"Облако не отвечает, а без него эта касса чеки не пробивает. Чек можно отложить", "The cloud does not answer, and without it this till registers nothing. The cheque can be parked"},
	FiscalCloudQueued: {"Чек в очереди облака: касса с ККТ его ещё не пробила. Не повторяйте его", "The receipt is in the cloud's queue: no till with a KKT has registered it yet. Do not repeat it"},
	FiscalCloudKind:   {"Без своей ККТ это невозможно", "Not possible without a KKT of its own"},
	AsideWaits:        {"Чек {0} на {1} оставлен в очереди облака: отменить его там нельзя. Касса спрашивает о нём дальше", "Receipt {0} of {1} was left in the cloud's queue, where it can not be cancelled. The till keeps asking about it"},
	AsideSome:         {"В очереди облака без покупателя чеков: {0}, первый {1} от {2}. Отменить их нельзя; когда их пробьют, касса скажет", "Receipts in the cloud's queue that nobody waits for: {0}, the first {1} of {2}. They can not be cancelled; the till tells when they are registered"},
	AsideMade:         {"Чек {0} на {1}, от которого отказались, пробит: возьмите за него деньги или оформите возврат", "Receipt {0} of {1}, which was given up, has been registered: take the money for it, or make its return"},
	AsideBack:         {"Возврат {0} на {1}, от которого отказались, пробит: деньги покупателя должны быть отданы", "Return {0} of {1}, which was given up, has been registered: its money is due to the customer"},
	AsideGone:         {"Чек {0} на {1}, от которого отказались, до облака не дошёл: он не пробит", "Receipt {0} of {1}, which was given up, never reached the cloud: it is not registered"},
	AsideFull:         {"В очереди облака уже {0} чеков без покупателя. Дождитесь их", "There are already {0} receipts in the cloud's queue that nobody waits for. Wait for them"},
	RemoteStopped:     {"Чеки других касс пока не пробиваются и ждут: {0}", "Receipts of other tills are not registered now, and wait: {0}"},
	RemoteBad:         {"Чек другой кассы пробить нельзя: {0}", "Another till's receipt can not be registered: {0}"},
	PriceRecalculated: {"Облако пересчитало чек: к оплате {0}, было {1}. Назовите сумму покупателю и оплатите ещё раз", "The cloud has recalculated the cheque: to pay {0}, it was {1}. Tell the customer and pay again"},
	BonusOffline:      {"Списать бонусы можно только при связи с облаком, а оно не ответило. Повторите или уберите бонусы", "Points can be spent only with the cloud's word, and it did not answer. Try again or take the points back"},
	RecalcOff:         {"В этом магазине цены считает сама касса", "In this store the till makes its prices itself"},
	PromotionBad:      {"Акция «{0}» не работает: {1}", "Promotion \"{0}\" does not work: {1}"},

	CodeMany:      {"Код {0} есть у нескольких товаров: назовите товар его собственным кодом", "Several items have the code {0}: name the item by its own code"},
	CodeUnknown:   {"Неизвестный код: {0}", "Unknown code: {0}"},
	CodeTooLong:   {"Слишком длинный код ({0} байт, не более {1})", "Code too long ({0} bytes, at most {1})"},
	CodeBad:       {"Код прочитан с ошибкой: {0}. Отсканируйте ещё раз", "The code was misread: {0}. Scan again"},
	QtyBad:        {"Неверное количество: {0}", "Bad quantity: {0}"},
	SumRange:      {"Сумма выходит за пределы 99 999 999,99", "The sum is above 99,999,999.99"},
	ItemNoPrice:   {"У товара «{0}» нет цены", "The item \"{0}\" has no price"},
	ForbidEGAIS:   {"учёт алкоголя в ЕГАИС на этой кассе не подключён", "this till does not account for alcohol (EGAIS)"},
	ItemForbidden: {"Товар «{0}» продавать нельзя: {1}", "The item \"{0}\" may not be sold: {1}"},
	ItemMarked:    {"Маркированный товар «{0}»: отсканируйте код маркировки; без разрешительной проверки он не продаётся", "Marked item \"{0}\": it can not be sold without its marking code and the permit check"},
	ItemWeight:    {"Весовой товар «{0}»: нужен вес", "Weight item \"{0}\": a weight is needed"},
	ScaleEmpty:    {"На весах пусто. Положите товар и отсканируйте снова: {0}", "The scale is empty. Put the goods on it and scan again: {0}"},
	ScaleMoves:    {"Вес не успокоился. Дождитесь и отсканируйте снова", "The weight does not settle. Wait and scan again"},
	ScaleTrouble:  {"Весы не взвешивают: {0}. Снимите груз, обнулите весы и отсканируйте снова", "The scale does not weigh: {0}. Clear it, set it to zero and scan again"},
	ScaleSame:     {"На весах тот же груз, что взвешен только что", "What was weighed a moment ago still lies on the scale"},
	ScaleDown:     {"Весы не отвечают. Введите вес вручную", "The scale does not answer. Type the weight"},
	RateBad:       {"Ставка НДС {0} товара «{1}» сегодня не действует", "VAT rate {0} of \"{1}\" is not in force today"},
	TaxSystemMix:  {"Товар «{0}» продаётся по другой системе налогообложения, проведите его отдельным чеком", "The item \"{0}\" belongs to another tax system, sell it on a cheque of its own"},

	SerialNeeded:  {"«{0}» продаётся с серийным номером: отсканируйте его", "\"{0}\" is sold with its serial number: scan it"},
	SerialTwice:   {"«{0}»: этот серийный номер уже отсканирован в этот или отложенный чек", "\"{0}\": this serial number is in this cheque or a parked one already"},
	OrderStale:    {"Заказ {0} оплачен в облаке, а облако не отвечает: не ясно, не выдан ли он уже. Повторите, когда будет связь", "Order {0} was paid in the cloud, which does not answer: it may have been handed over. Try again when it is there"},
	BundleOrder:   {"В заказе комплект «{0}», в нём маркированный товар «{1}»: отсканируйте комплект в чек без заказа", "The order has the bundle \"{0}\" with the marked item \"{1}\": scan the bundle into a cheque without the order"},
	BundleUnknown: {"Комплект «{0}» продать нельзя: кассе не известна его составляющая {1}, она может быть маркированной. Обновите каталог", "The bundle \"{0}\" can not be sold: its part {1} is not in the catalogue and may be marked. Update the catalogue"},
	BundleBroken:  {"Комплект «{0}» в чеке не весь: удалите его и отсканируйте снова", "A part of the bundle \"{0}\" is missing from the cheque: remove it and scan it again"},
	ItemHours:     {"«{0}» сейчас не продаётся: запрещено до {1}", "\"{0}\" is not sold now: forbidden until {1}"},
	ItemLeast:     {"«{0}»: цена ниже минимальной ({1})", "\"{0}\": the price is below the least allowed ({1})"},
	AgeRefused:    {"«{0}» не продаётся этому покупателю: возраст не подтверждён", "\"{0}\" is not sold to this buyer: the age was not proved"},
	AgeMissing:    {"«{0}»: возраст покупателя не проверен. Удалите строку и отсканируйте товар ещё раз", "\"{0}\": the buyer's age was not checked. Remove the line and scan the item again"},
	ScanAlcohol:   {"Это марка алкоголя: алкоголь с ЕГАИС на этой кассе не продаётся", "This is an excise stamp: alcohol under EGAIS is not sold at this till"},
	ScanReceipt:   {"Чек на {0} от {1}: его можно вернуть", "A receipt for {0} of {1}: it can be returned"},
	ScanPending:   {"Код маркировки проверяется, подождите несколько секунд", "A marking code is being checked, wait a few seconds"},
	ScanDropped:   {"«{0}» не попал в чек: чек закрыт раньше. Отсканируйте ещё раз", "\"{0}\" did not get into the cheque, which was gone before. Scan it again"},

	MarkDevice: {"ККТ не зарегистрирована для маркированных товаров (ФФД {0}, нужен 1.2): продать их нельзя", "The fiscal device is not registered for marked goods (FFD {0}, 1.2 is needed): they can not be sold"},
	MarkOne:    {"«{0}»: один код маркировки — одна единица. Отсканируйте код каждой", "\"{0}\": one marking code is one unit. Scan the code of each"},
	MarkTwice:  {"«{0}»: этот код маркировки уже отсканирован в этот или отложенный чек", "\"{0}\": this marking code is in this cheque or a parked one already"},
	MarkSold:   {"«{0}»: товар с этим кодом маркировки уже продан этой кассой", "\"{0}\": the unit with this marking code was sold by this till already"},

	PermitOff:       {"«{0}»: проверка кодов маркировки не настроена ([permit] в настройках), маркированный товар продать нельзя", "\"{0}\": no check of marking codes is configured ([permit]), marked goods can not be sold"},
	PermitDown:      {"Ни система маркировки, ни локальный модуль не ответили: маркированный товар продать нельзя. Повторите скан, когда будет связь", "Neither the marking system nor the local module answered: marked goods can not be sold. Scan again when there is a link"},
	PermitDead:      {"Проверка кодов маркировки не отвечает с {0}: маркированные товары не продаются. Проверьте сеть и локальный модуль", "The check of marking codes has not answered since {0}: marked goods are not sold. Check the network and the local module"},
	PermitLocal:     {"Система маркировки не отвечает с {0}: коды проверяет только локальный модуль, его хватит на 72 часа без связи", "The marking system has not answered since {0}: only the local module checks codes, which lasts 72 hours without a link"},
	PermitStale:     {"Система маркировки не отвечает, а локальный модуль не обновлялся больше 72 часов: маркированный товар продать нельзя", "The marking system does not answer and the local module was not synchronised for more than 72 hours: marked goods can not be sold"},
	PermitUnknown:   {"«{0}»: системе маркировки этот код неизвестен. Продавать нельзя", "\"{0}\": the marking system does not know this code. It may not be sold"},
	PermitForged:    {"«{0}»: код маркировки не прошёл криптопроверку. Продавать нельзя", "\"{0}\": the marking code is not genuine. It may not be sold"},
	PermitUnused:    {"«{0}»: код не введён в оборот или не нанесён. Продавать нельзя", "\"{0}\": the code was not put into circulation. It may not be sold"},
	PermitWithdrawn: {"«{0}»: товар выведен из оборота. Продавать нельзя", "\"{0}\": the unit was withdrawn from circulation. It may not be sold"},
	PermitSold:      {"«{0}»: товар с этим кодом уже продан. Продавать нельзя", "\"{0}\": the unit with this code is sold already. It may not be sold"},
	PermitBlocked:   {"«{0}»: продажа заблокирована органами власти. Продавать нельзя", "\"{0}\": its sale is blocked by the authorities. It may not be sold"},
	PermitExpired:   {"«{0}»: истёк срок годности. Продавать нельзя", "\"{0}\": it is past its date. It may not be sold"},
	PermitOwner:     {"«{0}»: товар принадлежит другому владельцу. Продавать нельзя", "\"{0}\": the unit belongs to somebody else. It may not be sold"},

	QuestionItem:    {"Код {0} есть у нескольких товаров. Какой это товар?", "Several items have the code {0}. Which is it?"},
	QuestionAge:     {"«{0}»: покупатель родился не позже {1}?", "\"{0}\": was the buyer born on {1} or before?"},
	QuestionMark:    {"Маркированный товар «{0}»: отсканируйте код маркировки с упаковки, ещё {1} шт.", "Marked item \"{0}\": scan the marking code on its pack, {1} more"},
	QuestionSerial:  {"«{0}» продаётся с серийным номером: отсканируйте его, ещё {1} шт.", "\"{0}\" is sold with its serial number: scan it, {1} more"},
	QuestionAsked:   {"«{0}» ещё не в чеке: касса спрашивает. Ответьте на экране или командой answer", "\"{0}\" is not in the cheque yet: the till asks. Answer on the screen or by the answer command"},
	QuestionOpen:    {"Сначала ответьте на вопрос на экране", "Answer the question on the screen first"},
	QuestionNone:    {"Такого вопроса нет, или на него уже ответили", "There is no such question, or it was answered"},
	AnswerNo:        {"Не продавать", "Do not sell"},
	AnswerOldEnough: {"Да, возраст проверен", "Yes, the age was checked"},
	AnswerAnyway:    {"Продать под ответственность старшего", "Sell by a senior's word"},
	AnswerUnmarked:  {"Остаток без маркировки", "An unmarked remainder"},
	AnswerLater:     {"Предоплата: код при передаче товара", "A prepayment: the code comes with the goods"},
	AnswerBadge:     {"Это бейдж кассира", "It is a cashier's badge"},
	AnswerCard:      {"Это карта покупателя", "It is a customer's card"},
	AnswerReceipt:   {"Это чек", "It is a receipt"},

	AmountBad:    {"Неверная сумма: {0}", "Bad amount: {0}"},
	PaidLess:     {"Внесено {0}, нужно {1}", "Paid {0}, {1} is due"},
	ChangeHuge:   {"Сдача {0} слишком велика, проверьте сумму", "Change of {0} is too large, check the amount"},
	CashLimit:    {"Наличными с организацией или ИП можно рассчитаться не больше чем на {0} по одному договору", "An organisation may pay at most {0} in cash a contract"},
	PaidMore:     {"Этой частью платят {0}, а осталось заплатить {1}: сдача даётся только с наличных", "This part pays {0}, {1} is left to pay: only cash gives change"},
	PayMixed:     {"Оплату по QR-коду нельзя смешивать с наличными и картой", "A payment by QR can not be mixed with cash or card"},
	ClaimUnknown: {"Эта касса не знает сертификата, аванса, предоплаты или долга {0}. Использованный не принимается; проданный другой кассой принимает только она, а предоплаченный заказ открывают из списка заказов", "This till knows no certificate, advance, prepayment or debt {0}. One that is used up is not taken; one that another till sold only that till takes, and a prepaid order is opened from the list of orders"},
	ClaimExpired: {"Срок {0} истёк {1}", "{0} expired on {1}"},
	ClaimLess:    {"По {0} осталось {1}", "{1} is left of {0}"},
	ClaimKnown:   {"Сертификат с номером {0} уже продан", "A certificate with the number {0} is sold already"},
	ClaimFor:     {"Предоплата {0} внесена за свой товар: передайте его или верните предоплату", "Prepayment {0} was made for goods of its own: hand them over or give it back"},
	ClaimGoods:   {"По предоплате {0} товара «{1}» осталось передать {2}", "Of prepayment {0} {2} of \"{1}\" are still to be handed over"},
	ClaimOrder:   {"Заказ {0} предоплачен на этой кассе: передайте товар по предоплате {1}", "Order {0} was prepaid at this till: hand the goods over by prepayment {1}"},
	ClaimPaid:    {"За заказ {0} уже внесено {1}: остальное оплачивают, получая товар", "{1} was paid for order {0} already: the rest is paid when the goods are handed over"},
	ClaimsFull:   {"Слишком много неиспользованных авансов и сертификатов", "Too many advances and certificates are not used up"},

	BuyPrice:     {"«{0}»: за сколько куплено, не указано", "\"{0}\": what it is bought for is not said"},
	BuyScan:      {"Отсканируйте в чек товары, которые покупаете", "Scan the goods you buy into the cheque"},
	BuyForbidden: {"«{0}»: маркированные товары и алкоголь у населения не покупают", "\"{0}\": marked goods and alcohol are not bought from people"},

	StockNone:  {"Складской документ не начат", "No stock document is begun"},
	StockOpen:  {"Складской документ уже начат: завершите или отмените его", "A stock document is begun already: finish it or cancel it"},
	StockEmpty: {"В складском документе нет товаров", "There are no goods in the stock document"},
	StockFull:  {"В складском документе не больше {0} строк: завершите его и начните следующий", "A stock document takes {0} lines: finish it and begin the next"},
	StockStale: {"Документ изменился, проверьте его и повторите", "The document has changed, look again and repeat"},
	StockTwice: {"«{0}»: эта маркированная единица уже посчитана", "\"{0}\": this marked unit is counted already"},
	StockPrice: {"«{0}»: новая цена не указана", "\"{0}\": the new price is not set"},

	FiscalMissing:   {"Нет связи с ККТ: оплата невозможна, чек можно отложить", "No fiscal printer: payment is refused, the cheque can be parked"},
	FiscalNoAnswer:  {"ККТ не отвечает", "The fiscal printer does not answer"},
	FiscalRefused:   {"ККТ отказала: {0}", "The fiscal printer refused: {0}"},
	FiscalPaper:     {"Нет бумаги в ККТ. Вставьте ленту", "The fiscal printer is out of paper. Put in a new roll"},
	FiscalLid:       {"Открыта крышка ККТ. Закройте крышку", "The fiscal printer's lid is open. Close it"},
	FiscalUnsure:    {"Неизвестно, зарегистрирован ли чек. Касса выясняет это у ККТ, не пробивайте чек заново", "It is not known whether the receipt is registered. The till is asking the device; do not sell it again"},
	FiscalForeign:   {"ККТ зарегистрировала документ {0}, который эта касса не отправляла. Нужен старший", "The fiscal device holds document {0} that this till did not send. Call a senior"},
	FiscalTestFN:    {"В ККТ тестовый накопитель {0}: продажа разрешена только на стенде", "The device has a test fiscal storage {0}: selling is allowed on the bench only"},
	FiscalDiffers:   {"ККТ насчитала другую сумму, чем касса; чек отменён и не зарегистрирован", "The device computed another total than the till; cancelled, not registered"},
	FiscalMoved:     {"Состояние ККТ изменилось перед чеком; повторите оплату", "The fiscal device changed before the receipt; pay again"},
	FiscalChanged:   {"В ККТ другой фискальный накопитель: {0} вместо {1}", "The fiscal device has another fiscal storage: {0} instead of {1}"},
	FiscalOther:     {"Фискальный накопитель сменился во время операции; проверьте ККТ", "The fiscal storage was changed during the operation; check the device"},
	FiscalFN:        {"Неисправность фискального накопителя: {0}. Продавать нельзя", "The fiscal storage failed: {0}. Selling is not possible"},
	FiscalClock:     {"Часы ККТ: {0}. Исправьте дату и время при закрытой смене", "The device's clock: {0}. Set date and time with the shift closed"},
	FiscalGarbage:   {"ККТ отвечает неразборчиво. Проверьте кабель и порт", "The fiscal printer's answers make no sense. Check cable and port"},
	FiscalUnsent:    {"Не передано в ОФД документов: {0}, самый старый {1}", "Documents not sent to the OFD: {0}, the oldest {1}"},
	FiscalBusy:      {"ККТ печатает, подождите", "The fiscal printer is printing, wait"},
	FiscalTaxSystem: {"ККТ не зарегистрирована на систему налогообложения {0}", "The fiscal device is not registered for tax system {0}"},
	FiscalCash:      {"В денежном ящике меньше денег, чем нужно выдать", "There is less cash in the drawer than has to be paid out"},
	FiscalBlocked:   {"Касса ждёт решения старшего по документу, которого нет в ККТ; чек можно отложить", "The till waits for a senior's decision on a document the device does not have; the cheque can be parked"},
	FiscalLate:      {"Чек не был зарегистрирован до перезапуска кассы; он снова на экране, пробейте его или аннулируйте", "The receipt was not registered before the restart; its cheque is back, pay or void it"},
	FiscalFinished:  {"После перезапуска касса завершила чек {0}", "After the restart the till finished receipt {0}"},
	FiscalAbandoned: {"Документ признан незарегистрированным: {0}", "The document was declared not registered: {0}"},
	FiscalUnprinted: {"Последний документ зарегистрирован, но не допечатан. Вставьте бумагу: ККТ напечатает его снова", "The last document is registered but not printed to its end. Put in paper: the device prints it again"},
	NothingDoubtful: {"Сомнительных документов нет", "There is no document in doubt"},
	FiscalPartly:    {"Зарегистрировано чеков покупки: {0} из {1}. Повторите остальные или верните зарегистрированные", "{0} of the purchase's {1} receipts are registered. Try the rest again, or give it up and return the registered ones"},
	FiscalOFD:       {"ФН заблокирован: документы не переданы в ОФД более 30 дней. Наладьте связь с ОФД, после передачи касса заработает сама", "The fiscal storage is blocked: documents have not reached the OFD for more than 30 days. Restore the link to the OFD; selling goes on once they are sent"},
	FiscalUnsentBad: {"Не передано в ОФД документов: {0}, самый старый {1}. Через {2} дн. ФН заблокирует продажи", "Documents not sent to the OFD: {0}, the oldest {1}. In {2} days the fiscal storage will refuse sales"},
	FiscalFNKnown:   {"Касса уже работает с накопителем {0}", "The till works with fiscal storage {0} already"},

	FiscalMark:       {"Строка {0}: код маркировки не прошёл проверку: {1}. Товар с таким кодом не продаётся", "Line {0}: the marking code did not pass its check: {1}. Goods with such a code are not sold"},
	FiscalDrift:      {"Часы ККТ расходятся с часами кассы на {0} мин. Закройте смену и установите часы ККТ", "The fiscal device's clock is {0} min off the till's. Close the shift and set the device's clock"},
	FiscalPhase:      {"ФН не в фискальном режиме (фаза {0}): продажи невозможны", "The fiscal storage is not in its fiscal mode (phase {0}): sales are impossible"},
	FiscalFNExpires:  {"Срок действия ФН кончается {1}, осталось дней: {0}. Закажите новый ФН", "The fiscal storage expires on {1}, days left: {0}. Order a new one"},
	FiscalFNLastDays: {"Срок действия ФН кончается {1}, осталось дней: {0}. Замените ФН при закрытой смене", "The fiscal storage expires on {1}, days left: {0}. Replace it while the shift is closed"},
	FiscalFNExpired:  {"Срок действия ФН кончился {0}: замените ФН", "The fiscal storage expired on {0}: replace it"},
	FiscalFNArchive:  {"Архив ФН заполнен на 90 %. Закажите новый ФН", "The archive of the fiscal storage is 90 % full. Order a new one"},
	FiscalFNPlaces:   {"В архиве ФН осталось место для {0} документов. Замените ФН", "The archive of the fiscal storage has room for {0} more documents. Replace it"},
	FiscalFNBuffer:   {"В ФН осталось {0} КБ для документов, не переданных в ОФД. Проверьте связь ККТ с ОФД", "The fiscal storage has {0} KB left for documents not sent to the OFD. Check the device's link to the OFD"},
	FiscalFNCritical: {"ФН сообщает о критической ошибке. Обратитесь в сервисный центр", "The fiscal storage reports a critical error. Call the service"},
	FiscalOFDLate:    {"ОФД слишком долго не отвечает ФН. Проверьте связь ККТ с ОФД", "The OFD has not answered the fiscal storage for too long. Check the device's link to the OFD"},
	FiscalNotices:    {"Очередь уведомлений о проданных маркированных товарах заполнена на {0} %, ждут отправки: {1}", "The queue of notices about sold marked goods is {0} % full, waiting: {1}"},
	FiscalBattery:    {"Садится батарея часов ККТ ({0} В). Замените её, иначе часы собьются", "The fiscal device's clock battery is low ({0} V). Replace it before the clock is lost"},
	FiscalReplaces:   {"ККТ сама заменяет ставку НДС 20 % на 22 %. Касса выключит это при открытии смены; до тех пор возвраты по старой ставке не пробиваются", "The fiscal device itself turns VAT 20 % into 22 %. The till switches that off when a shift is opened; until then returns at the old rate are refused"},

	KKTUnsupported: {"Эта ККТ такого не умеет", "This fiscal device can not do that"},
	KKTNoDocument:  {"В архиве ФН нет документа с таким номером", "The FN's archive has no document of that number"},
	KKTNoSetting:   {"У ККТ нет такой настройки, или под этим именем их несколько", "The fiscal device has no such setting, or several of that name"},
	KKTBadValue:    {"Такое значение в поле не записывается: {0}", "The field does not take that value: {0}"},
	KKTSecret:      {"Пароли касса не показывает и не меняет: их меняют на самой ККТ", "A till neither shows nor sets passwords: they are changed at the device itself"},

	ReconcileNotInFN:     {"Документ {0} записан как ФД {1}, а в архиве ФН его нет. Проверьте, тот ли ФН в кассе; сообщите в техподдержку", "Document {0} is journaled as FD {1}, which the FN's archive does not have. See whether it is the right FN; tell support"},
	ReconcileDiffers:     {"Документ {0} (ФД {1}), {2}: в журнале {3}, в ФН {4}. Верен ФН; нужна коррекция или разбор с техподдержкой", "Document {0} (FD {1}), {2}: journal {3}, FN {4}. The FN is right; correct it or look at it with support"},
	ReconcilePrinted:     {"Чек ФД {0} от {1} на {2} напечатан, а в журнале его нет. Выясните, кто его пробил; оформите его в учёте", "Receipt FD {0} of {1} for {2} was printed and is not in the journal. Find out who made it and enter it into the books"},
	ReconcileForeign:     {"Документ ФД {0} от {1} сделан не этой программой. Выясните, кто работал с ККТ, и впредь делайте такое из кассы", "Document FD {0} of {1} was not made by this program. Find out who used the KKT, and do such things at the till"},
	ReconcileUnsent:      {"Документ {0} (ФД {1}) ещё не подтверждён ОФД: {2}. Если есть сеть, ждите; если нет, проверьте её", "Document {0} (FD {1}) is not confirmed by the OFD yet: {2}. Wait if there is a network; if not, see to it"},
	ReconcileNoShift:     {"Смены {0} (ФН {1}) у ОФД нет. Проверьте, все ли документы переданы", "The OFD has no shift {0} (FN {1}). See whether all documents were sent"},
	ReconcileOFDSum:      {"Смена {0}, {1}, {2}: в журнале {3}, у ОФД {4}. Сверьте отчёт ОФД по чекам", "Shift {0}, {1}, {2}: journal {3}, OFD {4}. Compare the OFD's list of receipts"},
	ReconcileOFDLate:     {"Смена {0}, {1}, {2}: в журнале {3}, у ОФД {4}, разница ещё в пути к ОФД. Подождите", "Shift {0}, {1}, {2}: journal {3}, OFD {4}; the difference is on its way to the OFD. Wait"},
	ReconcileParked:      {"Документ {0} не принят облаком и отложен. Прочитайте ответ облака и отправьте снова", "The cloud refused document {0}, it is parked. Read the cloud's words and send it again"},
	ReconcileQueued:      {"Документ {0} ждёт отправки в облако: уйдёт сам, когда будет связь", "Document {0} waits to be sent to the cloud: it goes by itself when there is a network"},
	ReconcileLost:        {"Документ {0} был принят облаком, а теперь его там нет. Найдите его в корзине облака и восстановите", "The cloud had taken document {0} and does not have it now. Look into the cloud's bin and restore it"},
	ReconcileCloudSum:    {"Документ {0}: в журнале {1}, в облаке {2}. Верен чек; исправьте документ в облаке", "Document {0}: journal {1}, cloud {2}. The receipt is right; mend the document in the cloud"},
	ReconcileParkedThere: {"Документ {0} отложен, а в облаке он есть. На странице «Обмен» нажмите у него «Решено вручную»", "Document {0} is parked, and the cloud has it. On the page Exchange press «Seen to by hand» beside it"},
	ReconcileArrived:     {"Документ {0} уже в облаке, потерялся только ответ. Касса узнает это сама при следующей отправке", "Document {0} is in the cloud, only its answer was lost. The till finds out by itself when it sends next"},
	ReconcileCloudDay:    {"Документ {0} сделан {1}, а в облаке стоит под {2}. Исправьте дату в облаке", "Document {0} was made on {1}, the cloud has it under {2}. Mend the date in the cloud"},
	ReconcileCloudWay:    {"Документ {0}, {1}: в журнале {2}, в облаке {3}. Верен чек; исправьте документ в облаке", "Document {0}, {1}: journal {2}, cloud {3}. The receipt is right; mend the document in the cloud"},
	ReconcileUnasked:     {"Облако не удалось спросить о документах: {0} ({1}). Повторите сверку, когда будет связь", "The cloud could not be asked about documents: {0} ({1}). Compare again when there is a network"},
	ReconcileOtherFN:     {"Документы сделаны с другим ФН, в кассе стоит {0}", "The documents are of another FN, the device has {0}"},
	ReconcileNoReport:    {"Отчёты ОФД не настроены", "The OFD's reports are not configured"},
	ReconcileRefused:     {"Служба отчётов ОФД отказала ({0}): {1}", "The OFD's report service refused ({0}): {1}"},
	ReconcileUnreachable: {"Служба отчётов ОФД недоступна", "The OFD's report service can not be reached"},

	ReconcileWarning: {"Сверка смены {0}: расхождений {1}. Откройте отчёт сверки", "Reconciliation of shift {0}: {1} differences. Open its report"},

	RelayOff:         {"ККТ ждёт, что касса передаст её документы в ОФД, а передача в настройках кассы выключена (kkt.ofd_relay)", "The fiscal printer expects the till to carry its documents to the OFD, but that is switched off in the till's configuration (kkt.ofd_relay)"},
	RelayNoAddress:   {"Не задан адрес ОФД: ни в ККТ (таблица «Параметры ОФД»), ни в настройках кассы (kkt.ofd_address). Документы остаются в ФН", "No address of the OFD is known, neither in the fiscal printer nor in the till's configuration (kkt.ofd_address). Documents stay in the FN"},
	RelayUnreachable: {"ОФД {0} не отвечает: {1}. Документы остаются в ФН и уйдут, когда будет связь", "The OFD {0} does not answer: {1}. Documents stay in the FN and go when it does"},
	RelayRefused:     {"Обмен ФН с ОФД {0} не удаётся: {1}. Документы остаются в ФН", "The exchange between the FN and the OFD {0} fails: {1}. Documents stay in the FN"},

	JournalWrite:   {"Журнал не записался: результат операции неизвестен, касса остановлена до проверки диска", "The journal could not be written: the outcome is unknown, the till stops until the disk is checked"},
	JournalDamaged: {"Журнал повреждён: {0}", "The journal is damaged: {0}"},
	JournalSpace:   {"На диске мало места: новые продажи остановлены, закрытие смены и обмен работают", "The disk is nearly full: new sales are refused; closing the shift and syncing still work"},
	JournalLocked:  {"Каталог данных занят другой кассой (процесс {0})", "The data directory is in use by another till (process {0})"},
	JournalLag:     {"Вторая копия журнала отстаёт на {0}", "The journal's second copy is {0} behind"},
	JournalNewer:   {"Журнал записан более новой программой (схема {0}, понимаю до {1}). Установите новую версию", "The journal was written by a newer program (schema {0}, I read up to {1}). Install the newer version"},
	JournalRepair:  {"Журнал восстановлен после сбоя: {0}", "The journal was repaired: {0}"},
	JournalKeys:    {"Контакты покупателей сейчас не сохраняются: не записываются ключи шифрования. Продажи идут, проверьте диск", "Customers' contacts are not kept for now: their keys can not be written. Sales go on, check the disk"},
	JournalRot:     {"Носитель портит записанное (запись {0}, период {1}): восстановлено из второй копии. Замените карту", "The disk spoils what was written (record {0}, period {1}): repaired from the other copy. Replace the card"},
	JournalRotNow:  {"Носитель портит записанное (запись {0}): вторая копия цела. Перезапустите кассу для восстановления и замените карту", "The disk spoils what was written (record {0}): the other copy has it. Restart the till to repair it, and replace the card"},
	CopyBad:        {"Копия журнала повреждена или неполна: {0}. Выгрузите её ещё раз", "The copy of the journal is damaged or not complete: {0}. Export it again"},
	CopyOwn:        {"Это копия журнала этой же кассы: принимать её незачем", "This is a copy of this till's own journal: there is nothing to import"},
	CopyFork:       {"Копия расходится с принятой раньше копией той же кассы в записи {0}. Нужен специалист", "The copy disagrees from record {0} on with one of the same till that was imported before. Call a technician"},
	CopyOlder:      {"Эта копия уже принята: записи до {0}", "This copy was imported already: records up to {0}"},
	CopyGap:        {"В копии нет неотправленных документов до записи {0}. Выгрузите журнал целиком", "The copy lacks undelivered documents before record {0}. Export the whole journal"},
	CopySpace:      {"На носителе мало места: нужно {0} МБ, свободно {1} МБ. Неполная копия не оставлена", "Not enough room there: {0} MB needed, {1} MB free. Nothing incomplete is left"},
	CopyMedium:     {"Носитель отключён или не пишет: {0}. Копия не готова, повторите", "The medium was pulled out or does not write: {0}. The copy is not complete, try again"},
	CopyNoUSB:      {"USB-носитель не найден. Вставьте его и дождитесь, пока он подключится", "No USB medium is found. Plug it in and wait until it is mounted"},
	CopyManyUSB:    {"Найдено несколько USB-носителей: {0}. Укажите каталог", "Several USB media are there: {0}. Name a directory"},
	CopyWaits:      {"Документы кассы {0} ещё не переданы в облако: {1}", "Documents of till {0} not sent to the cloud yet: {1}"},
	JournalShort:   {"В ФН есть документы, которых нет в журнале: в журнале до ФД {0}, в ФН до ФД {1}. Сверьте их по отчётам ККТ", "The fiscal storage has documents that the journal does not: the journal ends with FD {0}, the FN with FD {1}. Compare them by the device's reports"},
	JournalFork:    {"Копии журнала разошлись в записи {0}. Нужен специалист", "The journal's copies disagree from record {0} on. Call a technician"},
	JournalFresh:   {"Период журнала только начался: закрывать нечего", "The journal's period has only begun: there is nothing to close"},
	JournalCarry:   {"Период журнала пока нельзя закрыть: не отправлено слишком много ({0}). Дождитесь обмена", "The journal's period can not be closed yet: too much is not delivered ({0}). Wait for the sync"},
	JournalShift:   {"Период журнала закрывается только при закрытой смене и свободной кассе", "The journal's period is closed only while no shift is open and nothing is being registered"},

	MadeKnown:       {"Такое уже есть: {0}", "That is there already: {0}"},
	CloudDown:       {"Нет связи с облаком. Продажи идут, документы уйдут позже", "The cloud is unreachable. Sales go on, documents will follow"},
	CloudRefused:    {"Облако отказало: {0}", "The cloud refused: {0}"},
	CloudGarbage:    {"Облако ответило неразборчиво", "The cloud's answer makes no sense"},
	CloudAuth:       {"Облако не признаёт эту кассу. Привяжите её заново", "The cloud does not accept this till. Attach it again"},
	CloudParked:     {"Документ {0} не принят облаком: {1}. Нужен человек", "Document {0} was not accepted by the cloud: {1}. Somebody must look"},
	CloudUnsent:     {"Не отправлено документов: {0}", "Documents not sent yet: {0}"},
	CloudNone:       {"Облако не настроено", "No cloud is configured"},
	CloudTLS:        {"Сертификат облака не проходит проверку. Проверьте часы кассы и сеть", "The cloud's certificate can not be trusted. Check the till's clock and the network"},
	CloudMoved:      {"Облако переехало: {0}. Впишите новый адрес в настройки", "The cloud has moved: {0}. Put the new address into the configuration"},
	CloudDeprecated: {"Облако отключит эту версию обмена: {0}. Обновите кассу", "The cloud will end this version of its interface: {0}. Update the till"},
	CloudClock:      {"Часы кассы и облака расходятся на {0}", "The till's clock and the cloud's are {0} apart"},
	CloudStores:     {"Точек продаж: {0}. Выберите одну", "There are {0} stores. Choose one"},
	CloudLogin:      {"Облако не приняло логин или пароль", "The cloud did not accept the login or the password"},
	CloudTaken:      {"К точке «{0}» уже привязана касса. Привязка отключит её: подтвердите", "A till is attached to the store “{0}” already. Attaching this one cuts it off: confirm"},
	CatalogMissing:  {"Нет каталога товаров: ещё не загружен", "No catalogue has been downloaded yet"},
	CatalogOld:      {"Каталог не обновлялся {0}", "The catalogue is {0} old"},
	CatalogRejected: {"Загруженный каталог отвергнут: {0}. Работает прежний", "The downloaded catalogue was rejected: {0}. The old one is kept"},
	CatalogBusy:     {"Каталог уже загружается", "Another catalogue is being taken in"},
	CatalogCloud:    {"Каталог этой кассы ведёт облако; файл был бы заменён при следующей загрузке", "This till's catalogue comes from the cloud; the next download would replace the file's"},
	CatalogFile:     {"Файл каталога не принят, ошибок: {0}. Работает прежний каталог", "The catalogue file is refused, errors: {0}. The old catalogue is kept"},
	FileSyntax:      {"не читается: {0}", "can not be read: {0}"},
	FileColumn:      {"неизвестное поле {0}", "unknown field {0}"},
	FileNeeded:      {"нет поля {0}", "{0} is missing"},
	FileValue:       {"{0}: значение «{1}» не подходит", "{0}: \"{1}\" is not a valid value"},
	FileTwice:       {"{0} «{1}» встречается второй раз", "{0} \"{1}\" is there for the second time"},
	FileRounded:     {"{0}: «{1}» с долями копейки, принято {2}", "{0}: \"{1}\" has parts of a kopeck, taken as {2}"},
	CatalogRounded:  {"Цены с долями копейки округлены: {0} товаров", "Prices with parts of a kopeck were rounded: {0} items"},

	DeviceDown:  {"Устройство «{0}» не работает: {1}", "Device \"{0}\" does not work: {1}"},
	DeviceGone:  {"Устройство «{0}» отключено", "Device \"{0}\" is unplugged"},
	ClockBehind: {"Часы отстают: {0}. Проверьте дату и время", "The clock is behind: {0}. Check date and time"},
	ClockNobody: {"Время {0} ничем не подтверждено: сервера времени не слышно, батареи у часов нет. Сверьте дату и время", "Nothing confirms that it is {0}: no time server is heard and the clock has no battery. Check date and time"},
	ClockJumped: {"Часы переведены с {0} на {1}", "The clock was set from {0} to {1}"},

	PowerFailing:   {"Питание пропало: касса работает от батареи, новые чеки не пробиваются", "The power is gone: the till runs on its battery and makes no new receipts"},
	PowerWeak:      {"Слабое питание платы: смените блок питания или кабель, иначе касса и ККТ будут отключаться", "The board's supply is too weak: change the adapter or the cable, or till and fiscal device will drop out"},
	BoardHot:       {"Плата перегрета: {0} °C. Проверьте вентиляцию", "The board is hot: {0} °C. Check the air around it"},
	BoardRestarted: {"Кассу перезапустил сторожевой таймер: она не отвечала. Сообщите технику", "The watchdog restarted the machine: it did not answer. Tell a technician"},
	BoardWatchdog:  {"Сторожевой таймер не работает: {0}", "The watchdog does not work: {0}"},
	CaseOpen:       {"Корпус кассы открыт", "The till's case is open"},
	DrawerOpen:     {"Денежный ящик долго открыт. Закройте его", "The cash drawer has been open for long. Close it"},
	TestSelling:    {"Идёт смена: самопроверка помешала бы продажам. Закройте смену и остановите кассу, или повторите с --anyway", "A shift is open: a self-test would be in the way of sales. Close it and stop the till, or say --anyway"},
	HelpCalled:     {"Зовут сотрудника: покупателю нужна помощь", "A customer calls for the attendant"},

	MayDiscount:   {"скидка вручную", "a discount by hand"},
	MayPrice:      {"цена вручную", "a price by hand"},
	MayVoidLine:   {"удаление строки", "voiding a line"},
	MayVoidCheque: {"аннулирование чека", "voiding a cheque"},
	MayReturn:     {"возврат", "a return"},
	MayReturnFree: {"возврат без чека", "a return without a receipt"},
	MayCorrect:    {"коррекция", "a correction"},
	MayCashIn:     {"внесение денег", "cash in"},
	MayCashOut:    {"выплата денег", "cash out"},
	MayCreate:     {"создание товаров, покупателей и заказов", "making goods, customers and orders"},
	MayDrawer:     {"открытие ящика без продажи", "opening the drawer without a sale"},
	MayAge:        {"продажа без проверки возраста", "selling without an age check"},
	MayUnmarked:   {"продажа немаркированного остатка", "selling an unmarked remainder"},
	MayAbandon:    {"отказ от документа", "giving up a document"},
	MayAcceptFN:   {"замена накопителя", "changing the fiscal storage"},
	MayPromotions: {"загрузка акций", "loading promotions"},
	MayBonus:      {"списание бонусов", "spending bonus points"},
	MayStock:      {"складские документы", "stock documents"},
	MayBuy:        {"покупка у населения", "buying from people"},
	MayReports:    {"отчёты о продажах", "reports of sales"},
	MayService:    {"обслуживание кассы", "servicing the till"},
	MayUsers:      {"сотрудники и их PIN-коды", "users and their PINs"},
	MaySettings:   {"настройки кассы", "the till's settings"},

	UserName:      {"Имя: от 1 до {0} знаков", "Name: 1 to {0} characters"},
	UserRole:      {"Нет такой роли: {0}", "There is no role {0}"},
	UserINN:       {"ИНН человека — 12 цифр", "A person's INN has 12 digits"},
	UserMany:      {"Больше {0} сотрудников касса не хранит", "The till keeps {0} users at most"},
	UserPINShape:  {"PIN-код — от {0} до {1} цифр", "A PIN has {0} to {1} digits"},
	UserPINWeak:   {"Такой PIN-код легко угадать: без одинаковых цифр подряд, 1234 и повторов", "This PIN is easy to guess: no equal digits only, no 1234, no repetition"},
	UserPINTaken:  {"Этот PIN-код занят: придумайте другой", "This PIN is taken: choose another"},
	UserBadge:     {"Этот бейдж уже чей-то", "This badge is somebody's already"},
	UserSelf:      {"Себе роль не меняют и себя не блокируют: это делает другой владелец", "Nobody changes his own role or blocks himself: another owner does"},
	UserLastOwner: {"Это последний владелец: сначала назначьте другого", "This is the last owner: make somebody else one first"},
	UserFixed:     {"Роль задана в файле настроек ([roles]): измените её там", "The role stands in the configuration file ([roles]): change it there"},
	SetupPIN:      {"PIN-коды не совпали: наберите их ещё раз", "The PINs differ: type them again"},
	UserForeign:   {"Сотрудник пришёл из каталога: его можно заблокировать, но не удалить и не переименовать", "The user comes with the catalogue: he can be blocked here, not removed or renamed"},

	TerminalUnsure:    {"Неизвестно, прошла ли оплата: касса спрашивает терминал. Не проводите её второй раз", "Nobody knows whether the payment went through: the terminal is being asked. Do not make it a second time"},
	TerminalDeclined:  {"Оплата отклонена. {0}", "The payment was declined. {0}"},
	TerminalFunds:     {"Отклонено: не хватает денег на карте", "Declined: not enough money on the card"},
	TerminalCard:      {"Отклонено: карта не прочитана или не действует", "Declined: the card was not read or is not valid"},
	TerminalPIN:       {"Отклонено: неверный ПИН-код", "Declined: wrong PIN"},
	TerminalHost:      {"Отклонено: банк не отвечает. Попробуйте ещё раз", "Declined: the bank does not answer. Try again"},
	TerminalLimit:     {"Отклонено: сумма больше разрешённой", "Declined: the sum is above the limit"},
	TerminalExpired:   {"Код не оплачен вовремя. Покажите новый или выберите другой способ", "The code was not paid in time. Show a new one or pay another way"},
	TerminalDayOver:   {"День терминала закрыт: отменить нельзя, нужен возврат", "The terminal's day is over: it can not be cancelled, only refunded"},
	TerminalTooMuch:   {"Возврат больше остатка оплаты", "More is given back than is left of the payment"},
	TerminalNoSuch:    {"Терминал не знает такой операции: деньги не списаны", "The terminal knows no such operation: no money was taken"},
	TerminalCancelled: {"Оплата отменена, деньги не списаны", "The payment was called off, no money was taken"},
	TerminalMissing:   {"Терминал не на связи, деньги не списаны. Проверьте кабель и питание или примите другую оплату", "The terminal is not connected, no money was taken. Check its cable and power, or pay another way"},
	TerminalBusy:      {"Терминал занят другой операцией, деньги не списаны", "The terminal is busy with another operation, no money was taken"},
	TerminalUnable:    {"Терминал так не умеет", "The terminal can not do that"},
	TerminalSum:       {"Терминал провёл {0} вместо {1}: деньги возвращены, проведите оплату заново", "The terminal took {0} instead of {1}: it was given back, pay again"},
	TerminalHeld:      {"Деньги проведены по терминалу ({0}), а чек не зарегистрирован. Зарегистрируйте его или верните деньги", "The terminal has moved {0} and the receipt is not registered. Register it, or give the money back"},
	TerminalStuck:     {"Терминал не вернул {0}. Повторите или верните на терминале и подтвердите", "The terminal has not given back {0}. Try again, or do it at the terminal and confirm it"},
	TerminalLate:      {"Код на {0}, от которого отказались {1}, был оплачен позже: деньги возвращены покупателю", "The code for {0} that was given up at {1} was paid later: the money has gone back to the customer"},
	TerminalDiffers:   {"Терминал и смена расходятся на {0}: сверьте операции терминала с чеками", "The terminal and the shift differ by {0}: compare its operations with the receipts"},
	TerminalUncounted: {"Терминал не ответил при закрытии смены: итоги не сверены", "The terminal did not answer when the shift was closed: its sums were not compared"},
	TerminalNone:      {"Терминал ничего не ждёт", "The terminal waits for nothing"},
	TerminalOff:       {"Терминал не настроен", "No terminal is configured"},

	KitchenOff:   {"Кухня не настроена", "No kitchen is configured"},
	KitchenKnows: {"Кухня уже знает всё об этом чеке", "The kitchen knows all of this cheque"},
	KitchenWaits: {"{0}: не напечатано заказов {1}, первый в {2}. Скажите на кухню голосом. {3}", "{0}: {1} orders are not printed, the first of {2}. Tell the kitchen by word. {3}"},
	KitchenLate:  {"{0}: заказ {1} устарел и не напечатан", "{0}: order {1} is too old and was not printed"},
	KitchenNone:  {"Такого заказа на кухне нет", "The kitchen has no such order"},

	PrinterOff:     {"Принтер чеков не настроен", "No receipt printer is configured"},
	PrinterPaper:   {"В принтере чеков нет бумаги", "The receipt printer has no paper"},
	PrinterLow:     {"В принтере чеков кончается бумага", "The receipt printer's paper runs low"},
	PrinterCover:   {"Открыта крышка принтера чеков", "The receipt printer's cover is open"},
	PrinterCutter:  {"В принтере чеков заклинило нож", "The receipt printer's cutter is jammed"},
	PrinterStopped: {"Принтер чеков не печатает: {0}", "The receipt printer does not print: {0}"},
	PrinterPartly:  {"Печать прервалась: вышло строк {0} из {1}, а может быть, и больше. Посмотрите на бумагу; если нужно, напечатайте ещё раз", "Printing broke off: {0} of {1} lines are out, maybe more. Look at the paper, and print again if need be"},
	PrinterJob:     {"Это не напечатать: слишком длинно или код не годится", "This can not be printed: too long, or no such barcode"},

	UpdateNone:      {"Обновлений нет", "There is no update"},
	UpdateNoChannel: {"Откуда брать обновления, не задано: вставьте USB-носитель или задайте сервер", "Where updates come from is not set: plug in a USB stick, or set a server"},
	UpdateNoSlots:   {"На этой машине касса обновляется как пакет системы", "On this machine the till is updated as a package of the system"},
	UpdateNoOther:   {"Во втором разделе нет системы, на которую можно вернуться", "The other slot has no system to go back to"},
	UpdateUnsigned:  {"Обновление не подписано известным ключом и не будет установлено", "The update is not signed by a known key and will not be installed"},
	UpdateTampered:  {"Файл обновления повреждён или подменён. Ничего не изменено; загрузите его ещё раз", "The update's file was damaged or changed. Nothing was touched; bring it again"},
	UpdateEnvelope:  {"Это не описание обновления", "This is not a description of an update"},
	UpdateOther:     {"Обновление для другой кассы", "The update is for another kind of till"},
	UpdateOlder:     {"Обновление старше установленной версии. Поставить его может техник", "The update is older than what runs. A technician may insist on it"},
	UpdateSame:      {"Эта версия уже установлена", "This version is installed already"},
	UpdateJournal:   {"Эта версия не сможет прочитать журнал кассы, её нельзя установить", "That version could not read the till's journal and can not be installed"},
	UpdateSpace:     {"На диске нет места для обновления", "There is no room on the disk for the update"},
	UpdateShift:     {"Сначала закройте смену: обновление прервало бы торговлю", "Close the shift first: the update would interrupt selling"},
	UpdateUnsettled: {"Сначала завершите чек, судьба которого неизвестна", "First settle the receipt whose fate is not known"},
	UpdateRuns:      {"Обновление уже идёт", "An update is being worked on already"},
	UpdateNothing:   {"Отменять нечего", "There is nothing to give up"},
	UpdateCancelled: {"Обновление отменено, ничего не изменено", "The update was given up, nothing was changed"},
	UpdateSilent:    {"Служба установки не отвечает, ничего не изменено", "The installer does not answer, nothing was changed"},
	UpdateFailed:    {"Обновление не установлено", "The update was not installed"},
	UpdateBack:      {"Обновление до {0} не прижилось, касса вернулась к прежней версии: {1}", "The update to {0} did not prove itself and the till went back to the release before: {1}"},
	UpdateReady:     {"Обновление {0} установлено и заработает после перезапуска", "Update {0} is installed and works after a restart"},

	ConfigBad:     {"Ошибка в файле настроек {0}: {1}", "Error in the configuration file {0}: {1}"},
	ConfigUnknown: {"Неизвестный ключ в файле настроек: {0}", "Unknown key in the configuration file: {0}"},
	ConfigMissing: {"Не задано в настройках: {0}", "Missing in the configuration: {0}"},
	ConfigChanged: {"Файл настроек {0} тем временем изменили. Откройте настройки заново", "The configuration file {0} was changed meanwhile. Open the settings again"},
	ConfigByHand:  {"Файл настроек написан так, что отсюда его не изменить: правьте его вручную", "The configuration file is written in a way that can not be changed from here: edit it by hand"},
	ConfigNone:    {"Касса запущена без файла настроек: менять нечего", "The till runs without a configuration file: there is nothing to change"},
	SetupCode:     {"Это не тот код. Посмотрите на дисплей кассы", "That is not the code. Look at the till's display"},
	CardBad:       {"Из файла kassa.toml на карте ничего не взято: {0}. Подробно — рядом с ним, в kassa.errors.txt", "Nothing of the card's file kassa.toml was taken: {0}. More is beside it, in kassa.errors.txt"},
	CardKept:      {"Секреты остались в файле kassa.toml на карте: карту нельзя записать. Уберите из него пароль и токен", "Secrets have stayed in the card's file kassa.toml: the card can not be written. Take password and token out of it"},
	ConfigOld:     {"Файл настроек негоден ({0}): касса работает с прежними настройками", "The configuration file does not do ({0}): the till works with the settings before"},
	RestartSale:   {"Сначала закончите чек и оплату: потом касса перезапустится", "Finish the cheque and its payment first, then the till can start again"},

	PicturesNone:    {"Папка с картинками для покупателя не читается: {0}", "The folder with the customer's pictures can not be read: {0}"},
	PicturesRefused: {"Картинок покупателя не показано: {0}, первая {1}. Подходят JPEG и PNG до 4 МБ и 4096 точек, не больше 24", "Pictures for the customer that are not shown: {0}, the first {1}. JPEG and PNG up to 4 MB and 4096 pixels will do, at most 24"},

	TLSOff:      {"Страницы кассы открыты в сеть без шифрования", "The till's pages are open to the network without encryption"},
	TLSFailed:   {"Нет нужного сертификата для страниц кассы", "There is no right certificate for the till's pages"},
	TLSReplaced: {"Сертификат кассы создан заново: установите его в браузеры ещё раз", "The till's certificate was made anew: install it in the browsers again"},
	TLSNone:     {"У кассы нет своего сертификата: страницы открыты только на ней самой", "The till has no certificate of its own: its pages are open on itself alone"},
	TLSEnds:     {"Сертификат страниц кассы действует до {0}", "The certificate of the till's pages ends on {0}"},
	PathBad:     {"Негодный путь {0}: {1}", "Unusable path {0}: {1}"},
}
