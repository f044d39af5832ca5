package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A sale with nothing but the keyboard.
func TestSaleByKeyboard(t *testing.T) {
	r := start(t, 1024, 600)
	r.login()
	r.keys(kb.F7)
	r.at("/shift")
	r.keys("1") // opens the shift
	r.until("document.querySelector('#dialog[open] [name=float]') === document.activeElement")
	r.keys("500" + kb.Enter)
	r.shows("#drawer-sum", "500,00 ₽")
	r.keys(kb.Escape)
	r.at("/sale")
	r.keys(barcode(1) + kb.Enter)
	r.lines(1)
	r.keys("5*" + barcode(2) + kb.Enter)
	r.lines(2)
	r.shows(".line.touched", "5 шт × 49,90")
	r.keys("+")
	r.shows(".line.touched", "6 шт")
	r.keys("7*" + kb.Enter)
	r.shows(".line.touched", "7 шт")
	r.keys(kb.ArrowUp + kb.ArrowUp)
	r.shows(".line.picked", "Бородинский")
	r.keys("-")
	r.lines(1)
	r.keys("0.350*" + barcode(9) + kb.Enter)
	r.lines(2)
	r.shows("#total", "396,52 ₽")
	r.keys(kb.Delete)
	r.lines(1)
	r.keys("no such code" + kb.Enter)
	r.shows(".notice", "no such code")
	r.keys(kb.Escape)

	r.keys("2*чай") // a name that fits one item means that item
	r.until("document.querySelectorAll('#tiles .tile').length === 1")
	r.keys(kb.Enter)
	r.shows(".line.touched", "2 шт × 330,65")
	r.keys(kb.Delete)
	r.lines(1)

	r.keys(kb.Enter) // nothing typed: payment
	r.until("document.activeElement?.id === 'cash'")
	r.shows("#due-sum", "349,30 ₽")
	r.keys(barcode(3) + kb.Enter) // a scan during payment is not money
	r.lines(2)
	r.shows("#due-sum", "407,30 ₽")
	r.keys("300" + kb.Enter)
	r.shows("#alert-pay", "Внесено 300.00")
	r.keys("500")
	r.shows("#change", "Сдача 92,70")
	r.keys(kb.Enter)
	r.shows(".last-sum", "92,70 ₽")

	r.keys(barcode(1) + kb.Enter)
	r.lines(1)
	r.keys(kb.F10)
	r.until("document.activeElement?.id === 'card-yes'")
	r.keys(kb.Enter)
	r.shows(".last", "Оплачено картой")
	r.keys(barcode(1) + kb.Enter)
	r.lines(1)
	r.keys(kb.F4)
	r.lines(0)
	r.keys(barcode(2) + kb.Enter + kb.F4) // quicker than the screen
	r.keys(kb.F6)
	r.shows("#sheet-parked", "49,90 ₽")
	r.keys(barcode(2) + kb.Enter) // scan-first: the sheet makes room
	r.lines(1)
	r.until("document.querySelector('#sheet-parked').hidden")
	r.keys(kb.Enter)
	r.until("document.activeElement?.id === 'cash'")
	r.keys(kb.Enter) // exact
	r.shows(".last", "Без сдачи")
	r.quiet(refused)
}

// A folder opened right after a scan with a count stays open: the line that
// the scan erased does not bring the first tiles back.
func TestFolderStaysOpen(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.click("button[data-tab=keys]")
	_, err := r.Text(fmt.Sprintf(`(() => { for (const css of ["#keys [data-key='6']", "[data-code='%s']", ".tile.folder"]) document.querySelector(css).click(); setTimeout(() => { window.later = true; }, 500); })()`, barcode(25)))
	r.must(err)
	r.until("window.later && document.querySelector('.crumbs')")
	r.shows(".line.touched", "6 шт × 8,00")
	r.click("button[data-tab=goods]")
	r.keys("2*чай")
	r.until("document.querySelectorAll('#tiles .tile').length === 1")
	r.keys(kb.Escape)
	r.until("document.querySelectorAll('#tiles .tile').length > 1 && !document.querySelector('.crumbs')")
	r.quiet()
}

// A sale with nothing but a finger, on the smallest screen.
func TestSaleByTouch(t *testing.T) {
	r := start(t, 800, 480)
	r.open("/")
	r.following()
	for _, digit := range "1234" {
		r.click(fmt.Sprintf("[data-digit='%c']", digit))
	}
	r.click("#enter")
	r.until("location.pathname === '/sale' && document.readyState === 'complete'")
	r.openShift()
	r.click(fmt.Sprintf("[data-code='%s']", barcode(1)))
	r.lines(1)
	// A weighed item asks for its weight.
	r.click(fmt.Sprintf("[data-code='%s']", barcode(9)))
	r.shows("#armed", "Бананы")
	r.click("button[data-tab=keys]")
	for _, key := range []string{"1", ".", "5", "enter"} {
		r.click(fmt.Sprintf("#keys [data-key='%s']", key))
	}
	r.lines(2)
	r.shows(".line.touched", "1,5 кг × 134,90")
	// Six of something: the number first.
	r.click("#keys [data-key='6']")
	r.click("button[data-tab=goods]")
	r.click(fmt.Sprintf("[data-code='%s']", barcode(25)))
	r.shows(".line.touched", "6 шт × 8,00")
	r.click(".line.touched .line-main")
	r.click(".line.picked [data-by='-1']")
	r.shows(".line.touched", "5 шт")
	r.click(".tile.folder")
	r.until("document.querySelector('.crumbs')")
	r.click(".crumbs button")
	r.until("!document.querySelector('.crumbs')")
	r.click("#park")
	r.until("document.querySelector('#dialog[open] [name=name]')")
	r.everySize("park")
	r.click("#dialog [type=submit]")
	r.lines(0)
	r.click("button[data-tab=keys]")
	r.click("[data-sheet=parked]")
	r.click(".row button")
	r.lines(3)
	r.click("#pay")
	r.shows("#due-sum", "307,25 ₽")
	r.click("[data-note='50000']")
	r.shows("#change", "Сдача 192,75")
	r.click("#take")
	r.shows(".last-sum", "192,75 ₽")
	r.click("a[href='/shift']")
	r.shows("#r-shift", "1 чек")
	r.click("#shift-close")
	r.shows("#dialog[open]", "Z-отчёт")
	r.click("#dialog [type=submit]")
	r.shows("#r-shift", "Смена закрыта")
	r.click("#strip-menu")
	r.click("#logout")
	r.until("location.pathname === '/login'")
	r.quiet()
}

// Scans go on while the printer takes its time; a refused payment gives the
// cheque back.
func TestPaymentThatTakesItsTime(t *testing.T) {
	r := start(t, 1024, 600)
	r.login()
	r.openShift()
	r.tell("scan " + barcode(1))
	r.lines(1)
	r.tell("hold")
	r.click("#pay")
	r.click("#exact")
	r.shows(".busy", "64,90 ₽")
	r.keys(barcode(2) + kb.Enter)
	r.lines(1)
	r.shows(".line", "Батон")
	r.tell("release")
	r.until("!document.querySelector('.busy')")
	r.shows(".change", "Чек №20483") // in sight though the next cheque has begun
	r.shows(".line", "Батон")
	r.tell("paper off")
	r.shows(".strip", "Нет бумаги")
	r.click("#pay")
	r.click("#exact")
	r.shows("#alert-pay", "Нет бумаги")
	r.tell("paper on")
	r.until("!document.querySelector('.chip.stop')")
	r.click("#exact")
	r.shows(".last", "Чек №20484")
	r.quiet(refused)
}

// Two consoles at one till: what the second did makes the first one's tap
// stale, and both go on.
func TestTwoConsoles(t *testing.T) {
	r := start(t, 1024, 600)
	r.login()
	r.openShift()
	tab, err := browser.Tab(800, 480)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	other := &rig{Tab: tab, t: t, fake: r.fake}
	other.login()
	other.keys(barcode(1) + kb.Enter)
	r.lines(1)
	// Quick taps of one person are not stale among themselves.
	r.keys(kb.ArrowDown)
	r.until("document.querySelector('.line.picked')")
	_, err = r.Text("Array.from({length: 10}, () => document.querySelector('.line [data-by=\"1\"]').click())")
	r.must(err)
	r.shows(".line", "11 шт")
	other.shows(".line", "11 шт")
	// The patch that is still on its way when the finger comes down.
	_, err = r.Text("(before = {...document.querySelector('#state').dataset})")
	r.must(err)
	other.keys(barcode(2) + kb.Enter)
	r.lines(2)
	_, err = r.Text("(Object.assign(document.querySelector('#state').dataset, before), document.querySelector('#pay').click(), document.querySelector('#exact').click())")
	r.must(err)
	r.shows("#alert-pay", "Чек изменился")
	other.lines(2)
	other.click("#pay")
	other.click("#exact")
	r.shows(".last", "Без сдачи")
	r.quiet(refused)
}

// The till dies and comes back; the page finds it by itself.
func TestPageRecovers(t *testing.T) {
	r := start(t, 1024, 600)
	address := strings.TrimPrefix(r.fake.URL, "http://")
	customer, err := browser.Tab(800, 480)
	if err != nil {
		t.Fatal(err)
	}
	defer customer.Close()
	c := &rig{Tab: customer, t: t, fake: r.fake}
	c.open("/customer")
	r.login()
	r.openShift()
	c.shows(".c-note", "Добро пожаловать")
	r.must(r.fake.Close())
	r.until("!document.querySelector('#lost').hidden")
	r.keys(barcode(1) + kb.Enter)
	r.shows("#alert", "Не удалось передать")
	r.until(fmt.Sprintf("document.querySelector('#line').value === %q", barcode(1))) // nothing typed is lost
	_, err = c.Text("(window.old = true)")
	r.must(err)
	r.must(r.fake.Restart(server, "-addr", address, "-version", "next"))
	r.until("location.pathname === '/login'") // a new start knows no sessions
	c.until("!window.old")                    // made by another release, the page has come anew
	c.until("document.querySelector('#lost').hidden")
	c.shows(".c-note", "Касса закрыта")
	r.login()
	r.quiet(noTill)
}
